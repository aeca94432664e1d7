import { Agent, type Dispatcher } from 'undici';
import { commitsPerHour } from './commit-pace.ts';
import { CommitQueue } from './commit-queue.ts';
import { HubClient } from './hub-client.ts';
import type { HubPlace } from './hub-error.ts';

/** A branch as this thread uses it: commits of one thread follow each other. */
export interface HubBranch {
  readonly client: HubClient;
  readonly queue: CommitQueue;
}

const CONNECT_MS = 10_000;
const CONNECTIONS = 16;
/** An answer comes only after the last byte of a part has been sent, which takes long through a slow line. */
const SILENT_MS = 300_000;

const branches = new Map<string, HubBranch>();
let connections: Dispatcher | null = null;

/** A branch of the hub that the environment names, opened once in each thread. */
export function openBranch({ name, revision }: HubPlace, env: NodeJS.ProcessEnv = process.env): HubBranch {
  const { HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME } = env;
  const identity = JSON.stringify([name, revision, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME]);
  const branch = branches.get(identity) ?? connect({ name, revision }, env);
  branches.set(identity, branch);
  return branch;
}

function connect(place: HubPlace, env: NodeJS.ProcessEnv): HubBranch {
  connections ??= new Agent({
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_MS },
    headersTimeout: SILENT_MS,
    bodyTimeout: SILENT_MS,
  });
  const client = new HubClient(place, { dispatcher: connections, env, use: 'write' });
  return { client, queue: new CommitQueue(client, commitsPerHour(env)) };
}
