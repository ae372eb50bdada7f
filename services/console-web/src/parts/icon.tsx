import type { JudgementKind, VerdictKind } from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';

type Kind = VerdictKind | JudgementKind;

function strokes(kind: Kind): string {
  switch (kind) {
    case 'pass':
      return 'M6.5 12.5l3.5 3.5 7.5-8';
    case 'fail':
    case 'breach':
      return 'M8 8l8 8M16 8l-8 8';
    case 'inconclusive':
      return 'M9 9.2a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1-1.3 2M12 17v.01';
    case 'pending':
      return 'M12 7v5.2l3.2 1.9';
    default:
      return unreachable(kind);
  }
}

/** A verdict as a sign: shape and colour both say it. */
export function VerdictIcon({ kind, className = '' }: { readonly kind: Kind; readonly className?: string }) {
  return (
    <svg className={`icon tone-${kind} ${className}`} viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="10.5" className="icon-disc" />
      <path d={strokes(kind)} className="icon-line" />
    </svg>
  );
}
