import { getStatus } from '../api/client.ts';
import { loadModels } from '../api/load-models.ts';
import { usePolled } from '../api/use-polled.ts';
import { CommandLine } from '../components/command-line.tsx';
import { Connect } from '../components/connect.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { Jobs } from '../components/jobs.tsx';
import { Models } from '../components/models.tsx';
import { Runs } from '../components/runs.tsx';
import { ServerState } from '../components/server-state.tsx';

/** The front page: how the server is, what there is, what it is doing, and how to connect. */
export function Overview() {
  const status = usePolled('status', getStatus, 3);
  const models = usePolled('models', loadModels, 10);
  const deployments = models.value?.listed.deployments ?? [];
  const operator = deployments.find(({ name }) => name === 'operator')?.name;
  // First of all whether this tab is let in: else every part would ask for the key.
  if (status.value === undefined) return <ErrorNote error={status.error} />;
  return (
    <div className="grid">
      <h1 className="hidden">Overview</h1>
      <ErrorNote error={status.error} />
      <CommandLine model={operator} />
      <ServerState status={status.value} isAnswering={status.error === undefined} />
      <Jobs />
      <Runs />
      <Models listed={models.value?.listed} shown={models.value?.shown ?? []} />
      <Connect status={status.value} model={operator ?? deployments[0]?.name ?? 'operator'} />
    </div>
  );
}
