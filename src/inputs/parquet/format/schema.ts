import { MAX_COLUMNS } from '../../file/row-limits.ts';
import type { ThriftReader } from './thrift.ts';

/** Makes the error for a refused file; `reason` says what was found and what was expected. */
export type Refuse = (reason: string) => Error;

/** A node of the schema; its numbers are those of the format, null where the file leaves one out. */
export interface SchemaNode {
  readonly name: string;
  readonly children: readonly SchemaNode[];
  readonly repetition: number | null;
  /** The type of the values in the file; null for a node with others below. */
  readonly physical: number | null;
  /** Length in bytes of values of fixed length. */
  readonly length: number | null;
  /** What the values mean: `ConvertedType`, and `LogicalType` as it is encoded. */
  readonly converted: number | null;
  readonly logical: Buffer | null;
  readonly scale: number | null;
  readonly precision: number | null;
}

/** A node that has values of its own. */
export interface Leaf {
  /** Position of the column of the file that the leaf belongs to. */
  readonly column: number;
  /** Names from the column down to the leaf. */
  readonly names: readonly string[];
  /** Whether a row may have more than one value. */
  readonly isRepeated: boolean;
  readonly node: SchemaNode;
}

export interface Schema {
  /** Its children are the columns of the file. */
  readonly root: SchemaNode;
  readonly leaves: readonly Leaf[];
  /** Whether the file has nodes without values below, which are left out here. DuckDB does not open such a file. */
  readonly hasEmptyNodes: boolean;
}

const MAX_DEPTH = 32;
const REPEATED = 2;

/**
 * Reads the schema in a footer.
 * @throws the error that `refuse` makes for a schema that is not a tree or too large
 */
export function readSchema(reader: ThriftReader, type: number, refuse: Refuse): Schema {
  const { root, nodes } = readTree(reader, type, refuse);
  const found = withoutEmpty(root);
  const leaves = found.children.flatMap((node, column) => [...leavesOf(node, column, [], false)]);
  return { root: found, leaves, hasEmptyNodes: countNodes(found) < nodes };
}

/** The file stores the tree depth first, each node with the number of its children. */
function readTree(reader: ThriftReader, type: number, refuse: Refuse) {
  let root: SchemaNode | null = null;
  let nodes = 0;
  /** The path from the root to the current node: nodes whose children have not all been read. */
  const open: { readonly children: SchemaNode[]; left: number }[] = [];
  reader.list(type, (element) => {
    const children: SchemaNode[] = [];
    const { node, left } = readNode(reader, element, children);
    nodes += 1;
    if (nodes > MAX_COLUMNS + 1) {
      throw refuse(`its schema has more than ${count(MAX_COLUMNS)} columns; that is the limit`);
    }
    const parent = open.at(-1);
    if (left < 0 || (root !== null && parent === undefined)) {
      throw refuse('its schema is not a tree; it is damaged');
    }
    root ??= node;
    if (parent !== undefined) {
      parent.children.push(node);
      parent.left -= 1;
    }
    open.push({ children, left });
    while (open.at(-1)?.left === 0) open.pop();
    if (open.length > MAX_DEPTH) {
      throw refuse(`its schema is nested deeper than ${MAX_DEPTH}; that is the limit`);
    }
  });
  if (root === null || open.length > 0) throw refuse('its schema is cut short; it is damaged');
  return { root: root as SchemaNode, nodes };
}

function readNode(reader: ThriftReader, type: number, children: readonly SchemaNode[]) {
  const numbers: (number | undefined)[] = [];
  let name = '';
  let logical: Buffer | null = null;
  const number = (field: number) => (type: number) => {
    numbers[field] = reader.integer(type);
  };
  reader.struct(type, {
    1: number(1),
    2: number(2),
    3: number(3),
    4: (type) => {
      name = reader.text(type);
    },
    5: number(5),
    6: number(6),
    7: number(7),
    8: number(8),
    10: (type) => {
      logical = reader.raw(type);
    },
  });
  const node: SchemaNode = {
    name,
    children,
    repetition: numbers[3] ?? null,
    physical: numbers[1] ?? null,
    length: numbers[2] ?? null,
    converted: numbers[6] ?? null,
    logical,
    scale: numbers[7] ?? null,
    precision: numbers[8] ?? null,
  };
  return { node, left: numbers[5] ?? 0 };
}

function withoutEmpty(node: SchemaNode): SchemaNode {
  const children = node.children.map(withoutEmpty);
  return { ...node, children: children.filter((child) => !isEmpty(child)) };
}

const isEmpty = ({ children, physical }: SchemaNode): boolean => children.length === 0 && physical === null;

const countNodes = ({ children }: SchemaNode): number =>
  children.reduce((sum, child) => sum + countNodes(child), 1);

function* leavesOf(
  node: SchemaNode,
  column: number,
  parents: readonly string[],
  isBelowList: boolean,
): Generator<Leaf> {
  const names = [...parents, node.name];
  const isRepeated = isBelowList || node.repetition === REPEATED;
  if (node.children.length === 0) yield { column, names, isRepeated, node };
  for (const child of node.children) yield* leavesOf(child, column, names, isRepeated);
}

/** The schema of some of the columns, in this order. */
export function selectColumns({ root, leaves }: Schema, wanted: readonly number[]): Schema {
  const positions = new Map(wanted.map((column, position) => [column, position]));
  return {
    root: { ...root, children: wanted.flatMap((column) => root.children[column] ?? []) },
    leaves: leaves.flatMap((leaf) => {
      const column = positions.get(leaf.column);
      return column === undefined ? [] : [{ ...leaf, column }];
    }),
    hasEmptyNodes: false,
  };
}

/** A count as messages show it: `65,536`. */
export const count = (amount: number): string => amount.toLocaleString('en-US');
