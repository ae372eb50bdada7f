import { describe, expect, it } from '@jest/globals';
import { parseConfig, SETTINGS } from './config.js';

const NEEDED = {
  SHOP_DATABASE_URL: 'postgres://shop@127.0.0.1/shop',
  DEPLOYMENT_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
};

describe('settings', () => {
  it('have defaults for all but the database and the secret', () => {
    expect(parseConfig(NEEDED)).toMatchObject({
      port: 3020,
      rates: { webPerSecond: 10, posPerSecond: 10 },
      components: ['odoo-web', 'odoo-pos'],
      badVersions: { '2.5.0': 'bad-pos' },
    });
  });

  it('name every problem at once', () => {
    const wrong = {
      PORT: 'x',
      SHOP_DATABASE_URL: 'mysql://x',
      DEPLOYMENT_SECRET: 'short',
      SHOP_BAD_VERSIONS: '2.5.0=ugly',
    };
    expect(() => parseConfig(wrong)).toThrow(
      /PORT[^]*SHOP_DATABASE_URL[^]*DEPLOYMENT_SECRET[^]*SHOP_BAD_VERSIONS.*2\.5\.0=ugly/,
    );
  });

  it('are all explained by --help', () => {
    for (const name of [
      'PORT',
      'HOST',
      ...Object.keys(NEEDED),
      'SHOP_WEB_ORDERS_PER_SECOND',
      'SHOP_BAD_VERSIONS',
      'SHOP_SEED',
    ])
      expect(SETTINGS).toContain(name);
  });
});
