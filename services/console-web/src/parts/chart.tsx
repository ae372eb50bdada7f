import type { GuardrailView, ReleaseView, SeriesView } from '@parapet/contracts';
import type { GuardrailReport } from '@parapet/guardrails';
import { type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react';
import { useWidth } from '../hooks/use-width.js';
import {
  chartPoints,
  type ChartPoint,
  type Frame,
  nearest,
  pathOf,
  runsOf,
  type Scale,
  scaleOf,
  timeTicks,
  valueTicks,
  worthShowing,
  xOf,
  yOf,
} from '../model/chart.js';
import { axisLabel, withUnit } from '../model/numbers.js';
import { clockTime } from '../model/time.js';
import { boundsWords, reasonWords, verdictWord, wordsUnderName } from '../model/words.js';
import { VerdictIcon } from './icon.js';
import { Trust } from './trust.js';

type Series = SeriesView['guardrails'][number];

const HEIGHT = 168;
const AXIS_WIDTH = 46;

/** One guardrail: what is said of it, and over time what is measured, what it is held against, and when the deployment was. */
export function GuardrailCard({
  name,
  series,
  report,
  startedAt,
  nowMs,
  trust,
  standing,
}: {
  readonly name: string;
  /** Absent for guardrails that measure nothing, such as those on alerts. */
  readonly series: Series | undefined;
  readonly report: GuardrailReport | undefined;
  readonly startedAt: string | null;
  readonly nowMs: number;
  /** How far it is trusted now; absent until that is known. */
  readonly trust: GuardrailView | undefined;
  /** What kept it from its declared mode for this release; absent where nothing did. */
  readonly standing: NonNullable<ReleaseView['standings']>[number] | undefined;
}) {
  const kind = report?.verdict ?? 'pending';
  const verdict = kind === 'inconclusive' ? `Not judged: ${reasonWords(report?.reason)}` : verdictWord(kind);
  const bounds =
    report === undefined ? null : boundsWords(report, series?.form ?? 'value', report.unit ?? series?.unit ?? '');
  return (
    <article className={`card guardrail edge-${kind}`}>
      <header className="guardrail-head">
        <VerdictIcon kind={kind} />
        <div>
          <h3>{name}</h3>
          <p className={`guardrail-verdict text-${kind}`}>
            {verdict}
            {report?.mode === 'observe' ? <span className="muted"> · shadow, not counted</span> : null}
          </p>
        </div>
      </header>
      <p className="guardrail-words">
        {report === undefined ? 'Nothing has been judged yet.' : wordsUnderName(report)}
        {bounds === null ? null : <span className="muted"> {bounds}</span>}
      </p>
      {report?.advice === undefined ? null : (
        <p className="advice">
          <strong>What to do:</strong> {report.advice}
        </p>
      )}
      <Trust trust={trust} standing={standing} />
      {series === undefined || series.signal === null ? null : (
        <Plot series={series} startedAt={startedAt} nowMs={nowMs} />
      )}
    </article>
  );
}

function Plot({
  series,
  startedAt,
  nowMs,
}: {
  readonly series: Series;
  readonly startedAt: string | null;
  readonly nowMs: number;
}) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const startMs = startedAt === null ? null : Date.parse(startedAt);
  const points = useMemo(() => worthShowing(chartPoints(series.points), startMs), [series.points, startMs]);
  const hasValues = points.some(({ value }) => value !== null);
  return (
    <div className="plot" ref={ref}>
      {width === 0 ? null : hasValues ? (
        <Lines series={series} points={points} startMs={startMs} width={width} nowMs={nowMs} />
      ) : (
        <p className="plot-empty">No measurements yet. This counts neither for nor against the release.</p>
      )}
    </div>
  );
}

interface LinesProps {
  readonly series: Series;
  readonly points: readonly ChartPoint[];
  readonly startMs: number | null;
  readonly width: number;
  readonly nowMs: number;
}

function Lines({ series, points, startMs, width, nowMs }: LinesProps) {
  const [picked, setPicked] = useState<number | null>(null);
  const frame: Frame = { left: AXIS_WIDTH, top: 16, width: width - AXIS_WIDTH - 10, height: HEIGHT - 40 };
  const scale = scaleOf(points, [series.baseline, series.limit], startMs, nowMs);
  const { runs, gaps } = runsOf(points, startMs);
  const label = (value: number) => withUnit(value, series.unit, series.form);

  const pick = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPicked(nearest(points, scale, frame, event.clientX - box.left));
  };
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.key === 'Escape') setPicked(null);
    if (by === 0) return;
    event.preventDefault();
    setPicked((was) => Math.min(points.length - 1, Math.max(0, (was ?? points.length - 1) + (was === null ? 0 : by))));
  };

  const point = picked === null ? null : (points[picked] ?? null);
  return (
    <>
      <svg
        className="chart"
        width={width}
        height={HEIGHT}
        tabIndex={0}
        role="img"
        aria-label={summary(series, points, label)}
        onPointerMove={pick}
        onPointerDown={pick}
        onPointerLeave={() => setPicked(null)}
        onKeyDown={step}
        onBlur={() => setPicked(null)}
      >
        <Axes scale={scale} frame={frame} label={(value) => axisLabel(value, series.unit, series.form)} />
        {gaps.map((gap) => {
          const x = xOf(scale, frame, gap.fromMs);
          return (
            <rect
              key={gap.fromMs}
              className="chart-gap"
              x={x}
              y={frame.top}
              width={Math.max(1, xOf(scale, frame, gap.toMs) - x)}
              height={frame.height}
            />
          );
        })}
        {startMs === null ? null : <Deployment x={xOf(scale, frame, startMs)} frame={frame} />}
        <Level name="baseline" value={series.baseline} scale={scale} frame={frame} />
        <Level name="limit" value={series.limit} scale={scale} frame={frame} />
        {runs.map((run) =>
          run.length === 1 && run[0] !== undefined ? (
            <circle
              key={run[0].atMs}
              className="chart-dot"
              cx={xOf(scale, frame, run[0].atMs)}
              cy={yOf(scale, frame, run[0].value as number)}
              r="2"
            />
          ) : (
            <path key={run[0]?.atMs} className="chart-line" d={pathOf(run, scale, frame)} />
          ),
        )}
        {point === null ? (
          <Newest points={points} scale={scale} frame={frame} />
        ) : (
          <Cursor point={point} scale={scale} frame={frame} />
        )}
      </svg>
      <Legend series={series} point={point} label={label} />
    </>
  );
}

function Axes({
  scale,
  frame,
  label,
}: {
  readonly scale: Scale;
  readonly frame: Frame;
  readonly label: (value: number) => string;
}) {
  const bottom = frame.top + frame.height;
  return (
    <g className="chart-axes">
      {valueTicks(scale, 3).map((value) => (
        <g key={value}>
          <line
            x1={frame.left}
            x2={frame.left + frame.width}
            y1={yOf(scale, frame, value)}
            y2={yOf(scale, frame, value)}
          />
          <text x={frame.left - 6} y={yOf(scale, frame, value) + 4} textAnchor="end">
            {label(value)}
          </text>
        </g>
      ))}
      {timeTicks(scale, Math.max(2, Math.floor(frame.width / 90))).map((ms) => (
        <text key={ms} x={clampLabel(xOf(scale, frame, ms), frame)} y={bottom + 17} textAnchor="middle">
          {clockTime(ms, scale.toMs - scale.fromMs < 180_000)}
        </text>
      ))}
    </g>
  );
}

function clampLabel(x: number, frame: Frame): number {
  return Math.min(frame.left + frame.width - 14, Math.max(frame.left + 14, x));
}

function Level({
  name,
  value,
  scale,
  frame,
}: {
  readonly name: 'baseline' | 'limit';
  readonly value: number | null;
  readonly scale: Scale;
  readonly frame: Frame;
}) {
  if (value === null || !Number.isFinite(value)) return null;
  const y = yOf(scale, frame, value);
  return <line className={`chart-${name}`} x1={frame.left} x2={frame.left + frame.width} y1={y} y2={y} />;
}

function Deployment({ x, frame }: { readonly x: number; readonly frame: Frame }) {
  const isRight = x > frame.left + frame.width * 0.7;
  return (
    <g className="chart-deployment">
      <line x1={x} x2={x} y1={frame.top - 4} y2={frame.top + frame.height} />
      <path d={`M${x - 4} ${frame.top - 8}h8l-4 6z`} />
      <text x={isRight ? x - 7 : x + 7} y={frame.top + 1} textAnchor={isRight ? 'end' : 'start'}>
        deployed
      </text>
    </g>
  );
}

function Newest({
  points,
  scale,
  frame,
}: {
  readonly points: readonly ChartPoint[];
  readonly scale: Scale;
  readonly frame: Frame;
}) {
  const last = points.at(-1);
  if (last === undefined || last.value === null) return null;
  return (
    <circle className="chart-newest" cx={xOf(scale, frame, last.atMs)} cy={yOf(scale, frame, last.value)} r="3.5" />
  );
}

function Cursor({ point, scale, frame }: { readonly point: ChartPoint; readonly scale: Scale; readonly frame: Frame }) {
  const x = xOf(scale, frame, point.atMs);
  return (
    <g className="chart-cursor">
      <line x1={x} x2={x} y1={frame.top} y2={frame.top + frame.height} />
      {point.value === null ? null : <circle cx={x} cy={yOf(scale, frame, point.value)} r="4" />}
    </g>
  );
}

function Legend({
  series,
  point,
  label,
}: {
  readonly series: Series;
  readonly point: ChartPoint | null;
  readonly label: (value: number) => string;
}) {
  if (point !== null) {
    const of = point.of === undefined ? '' : ` · of ${point.of.toLocaleString('en-GB', { maximumFractionDigits: 0 })}`;
    return (
      <p className="legend" aria-live="polite">
        <strong>{clockTime(point.atMs, true)}</strong> {point.value === null ? 'no value' : label(point.value)}
        {of}
      </p>
    );
  }
  return (
    <p className="legend">
      <span className="key key-line">measured</span>
      {series.baseline === null ? null : <span className="key key-baseline">before {label(series.baseline)}</span>}
      {series.limit === null ? null : <span className="key key-limit">limit {label(series.limit)}</span>}
    </p>
  );
}

function summary(series: Series, points: readonly ChartPoint[], label: (value: number) => string): string {
  const last = points.findLast(({ value }) => value !== null);
  const now = last === undefined ? 'no values' : `last ${label(last.value as number)} at ${clockTime(last.atMs)}`;
  const lines = [
    series.baseline === null ? '' : `, before the release ${label(series.baseline)}`,
    series.limit === null ? '' : `, limit ${label(series.limit)}`,
  ];
  return `${series.name}: ${now}${lines.join('')}. Use the arrow keys to read values.`;
}
