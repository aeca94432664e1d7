import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repack, type TarMember } from '../repack.ts';
import { JPEG } from '../samples.ts';
import { findingsOf, writeDataset } from '../small-dataset.ts';

/** Every repacked tar has this finding. */
const DIGEST_FINDING = '00000.tar | its sha256 differs from the statistics';

const without = (name: string) => (members: TarMember[]) => members.filter((member) => member.name !== name);
const replaced = (name: string, body: string) => (members: TarMember[]) =>
  members.map((member) => (member.name === name ? { name, body: Buffer.from(body) } : member));
const changed = (name: string, fields: object) => (members: TarMember[]) =>
  members.map((member) =>
    member.name === name
      ? { name, body: Buffer.from(JSON.stringify({ ...JSON.parse(member.body.toString()), ...fields })) }
      : member,
  );

describe('verifyDataset() on the members of a tar', () => {
  const edits: Record<string, { edit: (members: TarMember[]) => TarMember[]; findings: string[] }> = {
    'an image is missing': {
      edit: without('000002.jpg'),
      findings: ['00000.tar | 000002 | expected the members one image, json, txt, found json, txt'],
    },
    'a text is missing': {
      edit: without('000002.txt'),
      findings: ['00000.tar | 000002 | expected the members one image, json, txt, found jpg, json'],
    },
    'a member is there twice': {
      edit: (members) =>
        members.flatMap((member) => (member.name === '000003.txt' ? [member, member] : [member])),
      findings: ['00000.tar | 000003 | expected the members one image, json, txt, found jpg, json, txt, txt'],
    },
    'a sample is missing': {
      edit: (members) => members.filter(({ name }) => !name.startsWith('000002')),
      findings: ['00000.tar | 000002 | the sample of this successful row is missing here'],
    },
    'a sample is foreign': {
      edit: (members) => [{ name: 'README.md', body: Buffer.from('') }, ...members],
      findings: ['00000.tar | README | the metadata has no successful row for this sample here'],
    },
    'a failed row has a sample': {
      edit: (members) => [...members.slice(0, 3), { name: '000001.jpg', body: JPEG }, ...members.slice(3)],
      findings: ['00000.tar | 000001 | the metadata has no successful row for this sample here'],
    },
    "a sample's members stand apart": {
      edit: (members) => [...members.slice(1), ...members.slice(0, 1)],
      findings: [
        '00000.tar | 000000 | expected the members one image, json, txt, found json, txt',
        '00000.tar | 000000 | the metadata has no successful row for this sample here',
      ],
    },
    'the samples are in another order': {
      edit: (members) => [...members.slice(3), ...members.slice(0, 3)],
      findings: [
        '00000.tar | 000000 | the sample of this successful row is missing here',
        '00000.tar | 000000 | the metadata has no successful row for this sample here',
      ],
    },
    'an image is something else': {
      edit: replaced('000000.jpg', '<html>'),
      findings: ['00000.tar | 000000 | the image does not start like a jpg'],
    },
    'a JSON is broken': {
      edit: replaced('000000.json', '{'),
      findings: ['00000.tar | 000000 | the JSON cannot be parsed'],
    },
    'a JSON file is not an object': {
      edit: replaced('000000.json', 'null'),
      findings: ['00000.tar | 000000 | the JSON is not an object'],
    },
    'a JSON speaks of another sample': {
      edit: changed('000000.json', { key: '000002', url: 'https://a.org/2.jpg' }),
      findings: ['00000.tar | 000000 | the JSON differs from the metadata in url, key'],
    },
    'a JSON has other values': {
      edit: changed('000000.json', { similarity: 0.25, caption: null, width: '256', sha256: undefined }),
      findings: [
        '00000.tar | 000000 | the JSON differs from the metadata in similarity, caption, width, sha256',
      ],
    },
    'a text is another': {
      edit: replaced('000000.txt', 'another caption'),
      findings: ['00000.tar | 000000 | the text differs from the caption in the metadata'],
    },
    'a text exists although the caption is missing': {
      edit: replaced('000002.txt', 'null'),
      findings: ['00000.tar | 000002 | the text differs from the caption in the metadata'],
    },
  };

  for (const [name, { edit, findings }] of Object.entries(edits)) {
    it(`reports that ${name}`, async () => {
      const folder = await writeDataset('webdataset');
      await repack(join(folder, '00000.tar'), edit);
      const found = await findingsOf(folder);
      expect(found).toEqual([...findings, DIGEST_FINDING].map((problem) => expect.stringContaining(problem)));
    });
  }
});
