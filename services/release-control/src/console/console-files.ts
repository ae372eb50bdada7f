import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** A file of the console as it is served. */
export interface ConsoleFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly bytes: Buffer;
}

/** The built console, read whole at the start: no address can lead outside of it. */
export class ConsoleFiles {
  private constructor(private readonly files: ReadonlyMap<string, ConsoleFile>) {}

  /** Reads a folder; without one the service has no console, and says so at its address. */
  static read(folder: string): ConsoleFiles {
    return new ConsoleFiles(
      new Map(filesUnder(folder).map((path) => [relative(folder, path).split(sep).join('/'), fileAt(folder, path)])),
    );
  }

  get isThere(): boolean {
    return this.files.has('index.html');
  }

  /** The file of an address, or the page for an address that looks like none; null where a file is missing. */
  find(path: string): ConsoleFile | null {
    const file = this.files.get(path);
    if (file !== undefined) return file;
    const isPage = extname(path) === '';
    return isPage ? (this.files.get('index.html') ?? null) : null;
  }
}

function filesUnder(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function fileAt(folder: string, path: string): ConsoleFile {
  const isHashed = relative(folder, path).startsWith(`assets${sep}`);
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    // Names under assets/ hold a digest of their content; everything else may be another tomorrow.
    cacheControl: isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    bytes: readFileSync(path),
  };
}
