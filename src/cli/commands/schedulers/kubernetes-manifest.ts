import { createHash } from 'node:crypto';
import { VERSION } from '../../../util/version.ts';
import type { ScheduledRun } from './download-words.ts';

/** Seconds between SIGTERM and SIGKILL. The program needs ten for what is in flight, and some for its last shard. */
const GRACE_SECONDS = 60;

/** Not npx: a SIGTERM ends its shell, and the pod with exit code 1, before the program has ended. */
const START = `npm install --global --prefix /tmp/npm laion-fetch@${VERSION} && exec /tmp/npm/bin/laion-fetch "$@"`;

/**
 * A manifest for Kubernetes (1.33 or newer): an Indexed Job with one index for each part. A pod that its node lost does not
 * count as a failure; mistakes of the command line and of the index, and too few images, fail at once.
 */
export function kubernetesManifest({ words, machines, atOnce }: ScheduledRun): string {
  const args = [...words, '--part', `$(JOB_COMPLETION_INDEX)/${machines}`];
  const name = `laion-fetch-${createHash('sha256')
    .update(JSON.stringify([VERSION, ...args]))
    .digest('hex')
    .slice(0, 8)}`;
  return `# One pod for each part of the shards. Start with: kubectl apply -f <this file>
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
spec:
  completionMode: Indexed
  completions: ${machines}
  parallelism: ${atOnce}
  backoffLimitPerIndex: 5
  podFailurePolicy:
    rules:
      # A mistake of the command line (2), an index that cannot be read (3), too few images (5): no second try mends it.
      - action: FailIndex
        onExitCodes:
          containerName: laion-fetch
          operator: In
          values: [2, 3, 5]
      # The node was drained, preempted or lost.
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: ${GRACE_SECONDS}
      containers:
        - name: laion-fetch
          image: node:20-slim
          # The program takes the place of the shell, so that SIGTERM reaches it.
          command: ["sh", "-c", ${JSON.stringify(START)}, "laion-fetch"]
          args:
${args.map((word) => `            - ${JSON.stringify(escapeVariables(word))}`).join('\n')}
          # Credentials of the store, such as AWS_ACCESS_KEY_ID; ignored if there is no such secret.
          envFrom:
            - secretRef:
                name: laion-fetch
                optional: true
          env:
            - name: LAION_FETCH_SCRATCH
              value: /scratch
          resources:
            requests:
              cpu: "4"
              memory: 8Gi
          volumeMounts:
            - name: scratch
              mountPath: /scratch
      volumes:
        - name: scratch
          emptyDir: {}
`;
}

/** Kubernetes replaces `$(NAME)`; only our own variable is meant. */
const escapeVariables = (word: string): string =>
  word.startsWith('$(JOB_COMPLETION_INDEX)/') ? word : word.replaceAll('$(', '$$$$(');
