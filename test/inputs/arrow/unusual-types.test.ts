import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openBytes, readValues } from '../files.ts';

/** Streams of pyarrow with the columns `url` and `note`, or others: deflated, in base64. */
const STREAMS = {
  runEnds:
    'eNqFUDsOwjAMfS2hVChDB4Q6dmBg5CiMDEgIiW6oSECZOQBH4CjcLTynDlQBhCXHfvbzJ3bOuTIBCoiMYZFhiJweJTHEIMr5Gn2BlPpQf816Eqcl/aqXX1InipvDuZZ2K3JvHX8o80rNi2TUy3bf1ifgSk7Bapk38hsUuh9SsbNenXCObbOpm92pw5Y68nH5QeWrpVcW9frcYUBtj3ti84o5vc9EscVUL2R9NwyM77FAkDGx9deSG97R3TbFW3L8FqtW//uqKyNewGHPKspX0ay52qTHMdFe+IKTPzjEQl17+ewj+W3vnmKfmxYqWQ==',
  listViews:
    'eNqNUTsOwjAMfWnTElUZGCpUJIaOHblUByQ+EmqZOAZjD8QRuE14SV0oEUg8ybGf4zw7iXPOPQAs4VHAIkcGw4hQmhxkhquWFUhoV4kHnmfhumS8kZyilRIfT13rpW6su4+1ie9Vyz7E77r2gNDL0hahl5eqw2wlec6sDWycVWXeVzOdlNaf9+T6lWNLZ9Q4j4fFSm5ogxpSHTS2mFCQ23Bb/waDvE2CNwx+w4pfip/OVVFdFWnVEW+i+uZL7zSaC39wyP9M+f7ymZ9bIu/n956wViKE',
  unions:
    'eNqFUz1Pw0AMfflqQnVCGRDK0KEjA0PYGDsyMjBkYEGiUgeEUCsgMPEzGBn7IxgZGPhJiOP57gKRlSqWHJ/jd34vtmKttdsIKCE2hcEEGQqeaFGKlOGdGIkJvSH2jVHyjx9rCdqveD4K72L6Bf2YPqFv7q7WmyXYsXCIoodzFHRjXZ9MNByEelc7oX+Tp/aYeAhT069dHdGcj0s7rKsJ2Ezwy1uRRT3yxV6ddNPatiPaXln/6mmbDWgTjgJ54PAaS3YryJyzJpmfv+epej1k5vfrG6TwuyCV/Yy8FjGDw7Ax4zohSd39F3Q2ZW7c5GWns7DrBP9WYreVKnb3KpXP//R4q3szEDsNMcwAC8WzUPUzdf9c8TXqfqP4V6q+Ut/Rqn5iucoxkMdKVzSCH8u7HnG364fHwcaaL1e1VgHzMMu9HTzt07N7Z/1/g18uY0XZ',
  twoFields:
    'eNqVUDsOwjAMfaFpCVWQOlQoAwNjj8DIVdiZgEoMHISBAzBwFA7EFl5+KIrowJOc+NnPdmJrrX0D6ODQQqNBDUWPEJIcZIqnjCcwo92jf2U9hUtDf53lt7GnoJ1oZ+oeQVu7eB+1iJo97cb8K2hmXdYv1yi+SGHu3+LCOz+nJ28Y1Z6Fv4Q5JutR0cbjgVx+YxxnBxHe46CxihvQvhsq6XsMSGjJtd+G29Ez+2fCAtNQxZ3qukI3xVOdKfKmyG+K/oh7EEXdvzzFxh9551+yvbr7A747J/M=',
} as const;

const open = (name: keyof typeof STREAMS) =>
  openBytes('a.arrow', inflateSync(Buffer.from(STREAMS[name], 'base64')));

test.each([
  ['runEnds', 'is run-end encoded'],
  ['listViews', 'is a list view'],
] as const)('a type that is not read is named with its column: %s', async (name, reason) => {
  await expect(open(name)).rejects.toThrow(`as Arrow: the column 'note' ${reason}, a type that is not read`);
});

test('the values of unions are JSON', async () => {
  expect(await readValues(await open('unions'))).toEqual([
    ['u', '7', '7'],
    ['v', '"x"', '"y"'],
    ['w', null, '9'],
  ]);
});

test('fields of one name are all there', async () => {
  expect(await readValues(await open('twoFields'))).toEqual([['u', { a: 1n, a_1: 'x' }]]);
});
