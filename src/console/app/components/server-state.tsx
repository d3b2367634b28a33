import type { Status } from '../../../http/status-routes.ts';
import { bytes, duration, moment } from '../text.ts';
import { Facts } from './facts.tsx';
import { Section } from './section.tsx';

export function ServerState({ status, isAnswering }: { status: Status; isAnswering: boolean }) {
  return (
    <Section title="Server" aside={<ServerDot isAnswering={isAnswering} />}>
      <Facts
        facts={[
          ['Version', status.version],
          [
            'Up',
            <span key="up" title={moment(status.startedAt)}>
              {duration((Date.now() - Date.parse(status.startedAt)) / 1000)}
            </span>,
          ],
          ['Address', location.host],
          [
            'Memory',
            `${bytes(status.memory.serverBytes)} of the server; ${bytes(status.memory.freeBytes)} of ${bytes(status.memory.machineBytes)} free, ${status.cores} cores`,
          ],
          [
            'Models in memory',
            status.loaded.length === 0
              ? 'none: each loads at its first request'
              : status.loaded.map(({ name, memoryBytes }) => `${name} (${bytes(memoryBytes)})`).join(', '),
          ],
          [
            'Akamai',
            status.akamaiMode === 'read-only'
              ? 'read-only (FTS_AKAMAI_MODE=change lets approved plans be applied)'
              : 'approved plans may be applied',
          ],
          ['Home', status.home],
        ]}
      />
    </Section>
  );
}

function ServerDot({ isAnswering }: { isAnswering: boolean }) {
  return (
    <span className={`badge ${isAnswering ? 'good' : 'bad'}`} role="status">
      {isAnswering ? 'up' : 'not answering'}
    </span>
  );
}
