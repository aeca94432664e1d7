/**
 * `npm run k8s-check`: the manifest that `laion-fetch k8s` prints against Kubernetes' JSON schemas, strictly.
 * `LAION_FETCH_PYTHON` names a Python with the package kubernetes-validate.
 */
import { execFileSync } from 'node:child_process';
import { runCli } from '../test/support/command/cli.ts';

/** The oldest version that the manifest is for, and the newest of the package. */
const VERSIONS = ['1.33', '1.36'];
const PROGRAM = `
import sys, yaml, kubernetes_validate
manifest = yaml.safe_load(sys.stdin)
print(kubernetes_validate.validate(manifest, sys.argv[1], strict=True))
manifest["spec"]["backofLimitPerIndex"] = 5
try:
    kubernetes_validate.validate(manifest, sys.argv[1], strict=True)
except kubernetes_validate.ValidationError:
    sys.exit(0)
sys.exit("the schema accepts a field that does not exist")
`;

const odd = [
  '--where',
  "caption <> 'a: b # {c}'",
  '--base-url',
  'https://$(HOME)/"quoted"/',
  '--parts-at-once',
  '5',
];
const python = process.env['LAION_FETCH_PYTHON'] ?? 'python3';
for (const line of [[], odd]) {
  const { stdout: manifest } = await runCli(['k8s', 's3://b/*.parquet', '--output', 's3://b/o', ...line]);
  for (const version of VERSIONS) {
    const found = execFileSync(python, ['-c', PROGRAM, version], { input: manifest, encoding: 'utf8' });
    console.info(
      `ok: ${line.length === 0 ? 'a plain line' : 'a line with quotes'}, Kubernetes ${found.trim()}`,
    );
  }
}
