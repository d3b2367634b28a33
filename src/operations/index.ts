import { FtsError } from '../errors/fts-error.ts';
import { akamaiDescribe } from './akamai-describe.ts';
import { akamaiRead } from './akamai-read.ts';
import { akamaiSearch } from './akamai-search.ts';
import { akamaiWhoami } from './akamai-whoami.ts';
import { benchmark } from './benchmark.ts';
import { configShow } from './config-show.ts';
import { deploy } from './deploy.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { jobsCancel } from './jobs-cancel.ts';
import { jobsList } from './jobs-list.ts';
import { jobsResume } from './jobs-resume.ts';
import { jobsShow } from './jobs-show.ts';
import { keysCreate } from './keys-create.ts';
import { keysList } from './keys-list.ts';
import { keysRevoke } from './keys-revoke.ts';
import { modelsList } from './models-list.ts';
import { modelsRemove } from './models-remove.ts';
import { modelsShow } from './models-show.ts';
import type { Operation } from './operation.ts';
import { plan } from './plan.ts';
import { planCapacity } from './plan-capacity.ts';
import { quantize } from './quantize.ts';
import { runsList } from './runs-list.ts';
import { runsShow } from './runs-show.ts';
import { train } from './train.ts';

/** Everything the program can do, in the order of `fts --help`. */
export const operations: readonly Operation[] = [
  plan,
  train,
  quantize,
  evaluate,
  planCapacity,
  deploy,
  benchmark,
  akamaiWhoami,
  akamaiSearch,
  akamaiDescribe,
  akamaiRead,
  modelsList,
  modelsShow,
  modelsRemove,
  runsList,
  runsShow,
  jobsList,
  jobsShow,
  jobsCancel,
  jobsResume,
  configShow,
  keysCreate,
  keysList,
  keysRevoke,
  doctor,
];

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function findOperation(name: string): Operation {
  const operation = byName.get(name);
  if (operation === undefined) {
    throw new FtsError('not-found', `No operation "${name}".`, {
      field: 'operation',
      value: name,
      remedy: `Choose one of: ${[...byName.keys()].join(', ')}.`,
    });
  }
  return operation;
}
