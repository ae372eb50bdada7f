import { readFileSync } from 'node:fs';

const DOCS = new URL('../../../docs/sources/', import.meta.url);

/** The snippets of a page of `docs/sources`, in their order, as somebody would paste them. */
export function snippetsOf(page: string, language: string): readonly string[] {
  const text = readFileSync(new URL(page, DOCS), 'utf8');
  const blocks = [...text.matchAll(/^```(\S+)\n(.*?)^```$/gms)];
  return blocks.filter(([, own]) => own === language).map(([, , body]) => body as string);
}
