import { afterAll, beforeAll } from '@jest/globals';
import { WebhookTarget } from '../../services/rollback-actuation/src/webhook/target.js';
import { targetContract } from '../../services/rollback-actuation/test/target-contract.js';
import { DEPLOYMENT_SECRET, type ShopGround, shopGround } from './shop.js';

let ground: ShopGround;

beforeAll(async () => {
  ground = await shopGround();
});
afterAll(() => ground?.stop());

targetContract('demo-retailer as a webhook', async (speed) => {
  const shop = await ground.open(speed === 'slow' ? { SHOP_DEPLOY_SECONDS: '1' } : {});
  let isGone = false;
  const disappear = async () => {
    if (!isGone) await shop.stop();
    isGone = true;
  };
  return {
    target: new WebhookTarget(
      { name: 'shop', url: shop.deployments, timeoutMs: 5_000, allowPrivate: true },
      () => DEPLOYMENT_SECRET,
      Date.now,
    ),
    name: 'shop',
    component: 'odoo-pos',
    trouble: (troubles) => shop.trouble(troubles),
    changes: async () => (await shop.changes()).length,
    disappear,
    stop: disappear,
  };
});
