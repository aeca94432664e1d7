import { baseName, lastFlag, type Token } from './tokens.ts';

/**
 * Adapts `--processes_count` and `--thread_count` to this program. img2dataset counts threads per process, but our
 * concurrency is for all processes together, so the threads are multiplied by the processes. Its processes also wait for
 * the network, so old lines often have 16 or more. Ours only decode: more of them than cores are slower and cost memory.
 * So `--processes_count` is limited to the number of cores. `--decoders` and `--concurrency` stay unchanged.
 */
export function adaptProcesses(tokens: readonly Token[], cores: number, notices: string[]): Token[] {
  const processes = Number(lastFlag(tokens, 'processes-count')?.value ?? 1);
  const isLimited = processes > cores;
  if (isLimited) {
    notices.push(
      `--processes_count: decoding in ${cores} processes, one for each core, instead of ${processes}; ` +
        'use --decoders to set another number',
    );
  }
  return tokens.map((token) => {
    if (token.kind !== 'flag') return token;
    if (isLimited && baseName(token) === 'processes-count') return { ...token, value: String(cores) };
    if (baseName(token) !== 'thread-count') return token;
    const threads = Number(token.value) * processes;
    return Number.isSafeInteger(threads) ? { ...token, value: String(threads) } : token;
  });
}
