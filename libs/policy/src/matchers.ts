import type { Matcher } from '@parapet/guardrails';

const MATCHER = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;

/**
 * Parses one matcher of Alertmanager's syntax: `name="value"`, quotes optional where the value holds no quote, comma or brace.
 * Inside quotes `\"`, `\\` and `\n` are undone, as Alertmanager does. Regular expressions are anchored by whoever applies them.
 */
export function parseMatcher(text: string): { readonly matcher: Matcher } | { readonly problem: string } {
  const parts = MATCHER.exec(text);
  if (parts === null) return { problem: `not a matcher: ${text}` };
  const value = unquote(parts[3] as string);
  if (value === null) return { problem: `the value of a matcher is badly quoted: ${text}` };
  const operator = parts[2] as Matcher['operator'];
  if (operator === '=~' || operator === '!~') {
    const fault = regularExpressionFault(value);
    if (fault !== null) return { problem: `not a regular expression: ${value} (${fault})` };
  }
  return { matcher: { label: parts[1] as string, operator, value } };
}

/** Whether a set of labels meets every matcher; an absent label is the empty text, as in Alertmanager. */
export function matchesAll(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every((matcher) =>
    matches(matcher, Object.hasOwn(labels, matcher.label) ? (labels[matcher.label] ?? '') : ''),
  );
}

function matches(matcher: Matcher, value: string): boolean {
  switch (matcher.operator) {
    case '=':
      return value === matcher.value;
    case '!=':
      return value !== matcher.value;
    case '=~':
      return anchored(matcher.value).test(value);
    case '!~':
      return !anchored(matcher.value).test(value);
  }
}

function anchored(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 's');
}

function regularExpressionFault(pattern: string): string | null {
  try {
    anchored(pattern);
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: .*: /s, '');
  }
}

function unquote(text: string): string | null {
  if (!text.startsWith('"')) return /["{},]/.test(text) ? null : text;
  if (text.length < 2 || !text.endsWith('"')) return null;
  let value = '';
  for (let i = 1; i < text.length - 1; i++) {
    const char = text[i] as string;
    if (char === '"') return null;
    if (char !== '\\') {
      value += char;
      continue;
    }
    i++;
    const escaped = text[i] as string;
    // The last quote is escaped, so the text is not closed.
    if (i === text.length - 1) return null;
    if (escaped === 'n') value += '\n';
    else if (escaped === '"' || escaped === '\\') value += escaped;
    else value += `\\${escaped}`;
  }
  return value;
}
