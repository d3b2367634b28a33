import { createHash } from 'node:crypto';
import { ok, problem, type Route, type SimulatedAnswer } from './route.ts';
import { bundleVersion } from './tarball.ts';

type Network = 'STAGING' | 'PRODUCTION';

interface SimulatedEdgeWorker {
  id: number;
  name: string;
  groupId: number;
  versions: { version: string; checksum: string }[];
  activations: { activationId: number; version: string; network: Network; status: string; note: string }[];
}

export interface EdgeWorkersState {
  workers: SimulatedEdgeWorker[];
  nextActivation: number;
}

export function emptyEdgeWorkers(): EdgeWorkersState {
  return { workers: [], nextActivation: 1 };
}

const moment = '2026-01-01T00:00:00Z';

/** A stateful EdgeWorkers API: ids, versions (uploaded as tarballs), activations and rollback. */
export function edgeWorkersRoutes(state: EdgeWorkersState): Route[] {
  const withWorker = (
    [id]: readonly string[],
    handle: (worker: SimulatedEdgeWorker) => SimulatedAnswer,
  ): SimulatedAnswer => {
    const worker = state.workers.find((candidate) => candidate.id === Number(id));
    return worker === undefined ? problem(404, 'No such EdgeWorker') : handle(worker);
  };
  const activate = (worker: SimulatedEdgeWorker, version: string, network: Network, note: string) => {
    const activation = { activationId: state.nextActivation++, version, network, status: 'COMPLETE', note };
    worker.activations.push(activation);
    return { status: 201, body: activationItem(worker, activation) };
  };
  const base = '/edgeworkers/v1';
  return [
    {
      method: 'GET',
      path: `${base}/ids`,
      handle: () => ok({ edgeWorkerIds: state.workers.map(workerItem) }),
    },
    {
      method: 'GET',
      path: `${base}/ids/{id}`,
      handle: (_request, ids) => withWorker(ids, (worker) => ok(workerItem(worker))),
    },
    {
      method: 'GET',
      path: `${base}/limits`,
      handle: () => ok({ limits: [] }),
    },
    {
      method: 'GET',
      path: `${base}/ids/{id}/versions`,
      handle: (_request, ids) =>
        withWorker(ids, (worker) => ok({ versions: worker.versions.map((version) => versionItem(worker, version)) })),
    },
    {
      method: 'POST',
      path: `${base}/ids/{id}/versions`,
      handle: (request, ids) =>
        withWorker(ids, (worker) => {
          const version = bundleVersion(request.bytes);
          if (version === undefined) return problem(400, 'The bundle has no bundle.json');
          if (worker.versions.some((existing) => existing.version === version)) {
            return problem(409, `Version ${version} exists`);
          }
          const uploaded = { version, checksum: createHash('sha256').update(request.bytes).digest('hex') };
          worker.versions.push(uploaded);
          return { status: 201, body: versionItem(worker, uploaded) };
        }),
    },
    {
      method: 'GET',
      path: `${base}/ids/{id}/activations`,
      handle: (request, ids) =>
        withWorker(ids, (worker) => {
          const network = request.query.get('network');
          const items = worker.activations.filter((item) => network === null || item.network === network);
          return ok({ activations: [...items].reverse().map((item) => activationItem(worker, item)) });
        }),
    },
    {
      method: 'POST',
      path: `${base}/ids/{id}/activations`,
      handle: (request, ids) =>
        withWorker(ids, (worker) => {
          const body = request.json() as { version: string; network: Network; note?: string };
          if (!worker.versions.some((version) => version.version === body.version)) {
            return problem(400, 'No such version');
          }
          return activate(worker, body.version, body.network, body.note ?? '');
        }),
    },
    {
      method: 'POST',
      path: `${base}/ids/{id}/activations/rollback`,
      handle: (request, ids) =>
        withWorker(ids, (worker) => {
          const body = request.json() as { network: Network; note?: string };
          const done = worker.activations.filter((item) => item.network === body.network);
          const current = done.at(-1)?.version;
          const previous = done.findLast((item) => item.version !== current);
          if (previous === undefined) return problem(400, 'No previous active version');
          return activate(worker, previous.version, body.network, body.note ?? '');
        }),
    },
    {
      method: 'GET',
      path: `${base}/ids/{id}/properties`,
      handle: (_request, ids) => withWorker(ids, () => ok({ properties: [], limitedAccessToProperties: false })),
    },
    {
      method: 'POST',
      path: `${base}/validations`,
      handle: (request) =>
        bundleVersion(request.bytes) === undefined
          ? ok({ errors: [{ type: 'INVALID_MANIFEST', message: 'No bundle.json' }], warnings: [] })
          : ok({ errors: [], warnings: [] }),
    },
  ];
}

function workerItem(worker: SimulatedEdgeWorker) {
  return {
    edgeWorkerId: worker.id,
    name: worker.name,
    accountId: 'act_1',
    groupId: worker.groupId,
    resourceTierId: 200,
    createdBy: 'simulator',
    createdTime: moment,
    lastModifiedBy: 'simulator',
    lastModifiedTime: moment,
  };
}

function versionItem(worker: SimulatedEdgeWorker, version: SimulatedEdgeWorker['versions'][number]) {
  return { edgeWorkerId: worker.id, ...version, accountId: 'act_1', createdBy: 'simulator', createdTime: moment };
}

function activationItem(worker: SimulatedEdgeWorker, item: SimulatedEdgeWorker['activations'][number]) {
  return {
    edgeWorkerId: worker.id,
    ...item,
    accountId: 'act_1',
    createdBy: 'simulator',
    createdTime: moment,
    lastModifiedTime: moment,
  };
}
