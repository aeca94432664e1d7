import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const PATHS = { '*': { body: { fixture: 'images/tiny.jpg' } } };

/** Downloads into the box, whose authority is trusted, and returns the metadata of the rows. */
async function download(web: Web, hosts: readonly string[]) {
  const authority = join(web.folder, 'authority.pem');
  await writeFile(authority, web.box.ca);
  const index = await web.writeIndex(hosts.map((host, i) => [web.box.url(host, `/${i}`, 'https'), '']));
  const reach = ['--resolver', web.box.dns, '--allow-private', '127.0.0.0/8', '--deadline', '5s'];
  await runCli([index, '--output', web.output, ...reach], { env: { NODE_EXTRA_CA_CERTS: authority } });
  return readMetadata(web.output);
}

// undici's client never answered the second request after a certificate for another name: a host of 70 such rows held
// a run of 100,000 up for a quarter of an hour, one deadline a row.
test('each row of a host with a certificate for another name ends at once with that failure', async () => {
  const web = await useWeb({
    hosts: { 'other.example': { tls: 'wrong-host', paths: PATHS }, 'good.example': { paths: PATHS } },
  });
  const hosts = [...Array.from({ length: 5 }, () => 'other.example'), 'good.example'];
  const failures = (await download(web, hosts)).map(({ failure_code }) => failure_code);
  expect(failures).toEqual([...Array.from({ length: 5 }, () => 'tls_certificate'), null]);
});

// Node has no code for this error of OpenSSL.
test('a certificate that is too weak is named as such and not asked for again', async () => {
  const web = await useWeb({ hosts: { 'weak.example': { tls: 'weak-digest', paths: PATHS } } });
  expect(await download(web, ['weak.example'])).toMatchObject([
    {
      failure_code: 'tls_certificate',
      error_message: 'the TLS certificate is not valid for the host (CA signature digest algorithm too weak)',
      attempts: 1,
    },
  ]);
});
