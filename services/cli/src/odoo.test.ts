import { describe, expect, it } from '@jest/globals';
import { grantSql, KPIS } from '@parapet/probes';
import { TestWorld } from '../test/fake-parapet.js';
import { run } from './run.js';

async function outputOf(...args: string[]) {
  const world = new TestWorld();
  const code = await run(['odoo', 'grant-sql', ...args], world);
  return { code, out: world.out, err: world.err };
}

describe('parapet odoo grant-sql', () => {
  it('prints the SQL for every KPI and any version, and needs no server for it', async () => {
    const { code, out } = await outputOf();
    expect(code).toBe(0);
    expect(out).toBe(grantSql({ role: 'parapet_reader', kpis: KPIS, version: null }));
    expect(out).toContain("('payment_acquirer', ARRAY['company_id', 'id', 'provider'])");
    expect(out).toContain("('payment_provider', ARRAY['code', 'company_id', 'id'])");
  });

  it.each([['17'], ['17.0']])('names only what version %s has', async (version) => {
    const { out } = await outputOf('--version', version);
    expect(out).toContain('payment_provider');
    expect(out).toContain('numbercall');
    expect(out).not.toContain('payment_acquirer');
    expect(out).not.toContain("'acquirer_id'");
  });

  it('reads only what the wanted KPIs read, for the role that is wanted', async () => {
    const { out } = await outputOf('--kpis', 'mail-queue,cron-health', 'queue-job', '--role', 'shop_probe');
    expect([...out.matchAll(/^ {4}\('(\w+)'/gm)].map(([, table]) => table)).toEqual([
      'ir_cron',
      'ir_module_module',
      'mail_mail',
      'queue_job',
    ]);
    expect(out).toContain('CREATE ROLE shop_probe LOGIN');
  });

  it('answers in JSON too', async () => {
    const { out } = await outputOf('--kpis', 'invoices', '--json');
    expect(JSON.parse(out)).toEqual({ sql: grantSql({ role: 'parapet_reader', kpis: ['invoices'], version: null }) });
  });

  it.each([
    [['--version', '13'], '--version takes one of 14, 15, 16, 17, 18, 19: 13'],
    [['--version', 'saas'], '--version takes one of 14, 15, 16, 17, 18, 19: saas'],
    [['--kpis', 'orders'], '--kpis: nothing measures orders (allowed: order-success,'],
    [['--role', 'x; DROP TABLE sale_order'], '--role takes lower-case letters, digits and underscores'],
    [['--role', ''], '--role takes lower-case letters, digits and underscores'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await outputOf(...args);
    expect([code, out]).toEqual([3, '']);
    expect(err).toContain(message);
  });

  it('leaves the version of parapet itself where it was', async () => {
    const world = new TestWorld();
    expect(await run(['--version'], world)).toBe(0);
    expect(world.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
