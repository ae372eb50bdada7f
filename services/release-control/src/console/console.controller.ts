import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { ProblemError } from '@parapet/nest';
import type { FastifyReply } from '@parapet/nest';
import { ConsoleFiles } from './console-files.js';

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const;

/** The console's files; an address that is no file is one of its pages, and the page decides what it shows. */
@Controller()
export class ConsoleController {
  constructor(@Inject(ConsoleFiles) private readonly files: ConsoleFiles) {}

  @Get()
  root(@Res() reply: FastifyReply): Promise<void> {
    return this.serve('', reply);
  }

  @Get('*')
  any(@Param('*') path: string, @Res() reply: FastifyReply): Promise<void> {
    return this.serve(path, reply);
  }

  private async serve(path: string, reply: FastifyReply): Promise<void> {
    if (path === 'v1' || path.startsWith('v1/'))
      throw new ProblemError(404, 'unknown-address', `there is nothing at /${path}`);
    const file = this.files.find(path);
    if (file === null) throw new ProblemError(404, 'unknown-address', `there is nothing at /${path}`);
    await reply
      .headers({ ...SECURITY_HEADERS, 'Content-Type': file.type, 'Cache-Control': file.cacheControl })
      .send(file.bytes);
  }
}
