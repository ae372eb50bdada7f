import { useEffect } from 'react';
import type { Client } from '../api/client.js';
import { go } from '../hooks/use-place.js';
import { useResource } from '../hooks/use-resource.js';
import { Waiting } from '../parts/status.js';

/** A proposal's own address, as messages link to it: leads to the release's page, where it can be answered. */
export function ProposalPage({
  client,
  id,
  onUnauthorized,
}: {
  readonly client: Client;
  readonly id: string;
  readonly onUnauthorized: () => void;
}) {
  const proposal = useResource(id, () => client.proposal(id), 5_000, onUnauthorized);
  const release = proposal.value?.body.release.id;
  useEffect(() => {
    if (release !== undefined) go(`/releases/${release}`, true);
  }, [release]);
  return (
    <main className="page">
      <Waiting what="the proposal" resource={proposal} />
    </main>
  );
}
