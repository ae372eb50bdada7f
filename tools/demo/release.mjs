// What the retailer's pipeline does for every release: two calls to Parapet around its own deployment.
const WORKLOAD = 'odoo-retail';
const ENVIRONMENT = 'production';
const COMPONENTS = ['odoo-web', 'odoo-pos'];

/**
 * Registers a release, deploys it and says that it is live.
 * @param {{ world: import('./world.mjs').World; pipeline: ReturnType<typeof import('./api.mjs').caller>; version: string; criticality: string; steps: unknown[]; previous?: string; policy?: string }} o
 * @returns {Promise<{ id: string; name: string }>}
 */
export async function beginRelease({ world, pipeline, version, criticality, steps, previous, policy }) {
  // A name is unique for ever; a second run of the story is another day's release of the same version.
  const [, month, day, time] = /** @type {RegExpExecArray} */ (
    /-(\d\d)-(\d\d)T([\d:]+)/.exec(new Date().toISOString())
  );
  const name = `${WORKLOAD}-${version}-${month}${day}-${time?.replaceAll(':', '')}`;
  const release = await pipeline.post('/v1/releases', {
    name,
    workload: WORKLOAD,
    environment: ENVIRONMENT,
    components: COMPONENTS.map((component) => ({ component, version })),
    criticality,
    steps,
    startedBy: 'deploy-pipeline',
    ...(previous === undefined ? {} : { previous }),
    ...(policy === undefined ? {} : { policy }),
  });
  const phase = (/** @type {string} */ to) =>
    pipeline.post(`/v1/releases/${release.id}/phases`, { phase: to, at: new Date().toISOString() });
  await phase('deploying');
  await world.shop.deploy(version, release.id);
  await phase('live');
  return { id: release.id, name };
}
