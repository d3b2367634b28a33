import { call } from '../api/client.ts';
import { usePolled } from '../api/use-polled.ts';
import { Empty } from '../components/empty.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { StateBadge } from '../components/state-badge.tsx';
import { Table } from '../components/table.tsx';
import { moment } from '../text.ts';

/** All change plans, newest first: what waits for a person stands out by its state. */
export function Plans() {
  const { value, error } = usePolled('plans', () => call('akamai.plans.list', { limit: 100 }), 5);
  return (
    <>
      <h1>Change plans</h1>
      <p className="dim">Nothing on Akamai changes without a plan that a person approved.</p>
      <ErrorNote error={error} />
      {value?.plans.length === 0 && (
        <Empty command="fts akamai purge https://www.example.com/ --network staging">
          No plan yet. Let an assistant plan a change, or plan one yourself:
        </Empty>
      )}
      {value !== undefined && value.plans.length > 0 && (
        <Table
          label="Change plans"
          rows={value.plans}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Change', kind: 'wrap', cell: ({ id, title }) => <a href={`/console/plans/${id}`}>{title}</a> },
            { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
            { title: 'Network', cell: ({ network }) => network ?? '–' },
            { title: 'Account', cell: ({ account }) => account },
            { title: 'Asked by', cell: ({ requestedBy }) => requestedBy },
            { title: 'Made', cell: ({ createdAt }) => moment(createdAt) },
            { title: 'Expires', cell: ({ expiresAt }) => moment(expiresAt) },
          ]}
        />
      )}
    </>
  );
}
