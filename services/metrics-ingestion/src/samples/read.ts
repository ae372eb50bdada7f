import { formatInstant, type InstantMs } from '@parapet/kernel';
import { type Sample, seriesName, type SignalDeclaration } from '@parapet/signals';
import { Field } from '../door/field.js';
import type { OutsideDocument } from '../door/json.js';
import type { Sender } from '../door/kind.js';
import { SERIES_MAX, type SeriesRoom } from '../door/series-room.js';
import { readValue } from './value.js';

const SAMPLES_MAX = 10_000;
/** How far a sender's clock may be ahead of ours. */
const AHEAD_MS_MAX = 5 * 60_000;
const NAME_BYTES_MAX = 256;
const KEY_BYTES_MAX = 1024;
const DIMENSIONS_MAX = { count: 128, nameBytes: 256, valueBytes: 4 * 1024 } as const;
/** Dimensions that every signal may have: they tie a sample to a part of a release. */
const RELEASE_DIMENSIONS = ['store', 'arm'];

/** A sample and the environment it is of. */
export interface PlacedSample {
  readonly environment: string;
  readonly sample: Sample;
}

/** Reads a message of samples; throws Refused with the first bad value. */
export function readMessage(
  document: OutsideDocument,
  sender: Sender,
  room: SeriesRoom,
  nowMs: InstantMs,
): readonly PlacedSample[] {
  return new Field(document.value)
    .member('samples')
    .items(SAMPLES_MAX, 'samples')
    .map((sample) => {
      const placed = readSample(sample, document, sender, nowMs);
      const { signal, dimensions } = placed.sample;
      if (room.admits(signal, seriesName(signal, dimensions), nowMs)) return placed;
      return sample
        .member('dimensions')
        .refuse(
          `make one series more than the ${SERIES_MAX} that ${signal} may have: leave out what is never the same twice`,
        );
    });
}

function readSample(sample: Field, document: OutsideDocument, sender: Sender, nowMs: InstantMs): PlacedSample {
  const name = sample.member('signal').filledText(NAME_BYTES_MAX);
  const declaration = sender.signals.get(name) ?? sample.member('signal').refuse(`must be one of ${declared(sender)}`);
  const at = sample.member('at');
  const atMs = at.instant();
  if (atMs > nowMs + AHEAD_MS_MAX)
    at.refuse(`must not be more than 5 min ahead of our clock (${formatInstant(nowMs)})`, 'future');
  const value = readValue(sample);
  const { environment, dimensions } = readDimensions(sample.member('dimensions'), declaration, sender);
  const key = sample.member('key');
  const isAltered = document.isAltered(sample.value as object);
  return {
    environment,
    sample: {
      signal: name,
      atMs,
      value,
      dimensions,
      key: key.isAbsent ? `${seriesName(name, dimensions)}@${formatInstant(atMs)}` : key.filledText(KEY_BYTES_MAX),
      ...(isAltered ? { isAltered } : {}),
    },
  };
}

function declared(sender: Sender): string {
  const names = [...sender.signals.keys()];
  return `the declared signals (${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''})`;
}

function readDimensions(
  field: Field,
  declaration: SignalDeclaration,
  { source }: Sender,
): { readonly environment: string; readonly dimensions: Readonly<Record<string, string>> } {
  const dimensions: Record<string, string> = Object.create(null);
  let environment = source.environments[0] as string;
  const said = field.isAbsent ? {} : field.texts(DIMENSIONS_MAX);
  for (const [name, value] of Object.entries(said)) {
    const member = field.member(name);
    if (name === 'environment') environment = member.oneOf(source.environments);
    else if (RELEASE_DIMENSIONS.includes(name) || declaration.dimensions.includes(name)) dimensions[name] = value;
    else
      member.refuse(
        `is not a declared dimension of ${declaration.name} (${[...declaration.dimensions, ...RELEASE_DIMENSIONS].join(', ')})`,
      );
    if (name === 'arm') member.oneOf(['canary', 'stable']);
  }
  return { environment, dimensions };
}
