import { readFileSync } from 'node:fs';

/** The exports of `kernel/`. Offsets and sizes are bytes of `memory`. The kernel traps when its memory is full. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  reset(): void;
  allocate(bytes: number): number;
  release(at: number): void;
  setQuantisation(slot: number, spec: number): void;
  setHuffmanTable(kind: number, slot: number, spec: number): number;
  setFrame(width: number, height: number, components: number, progressive: number, halvings: number): void;
  setComponent(index: number, across: number, down: number, quantisation: number): void;
  allocateFrame(inputBytes: number): void;
  setTables(index: number, dc: number, ac: number): void;
  decodeScan(
    from: number,
    end: number,
    mask: number,
    restartInterval: number,
    first: number,
    last: number,
    high: number,
    low: number,
    surplus: number,
  ): number;
  finishFrame(): void;
  clipColours(width: number, height: number): void;
  mixColours(
    red: number,
    green: number,
    blue: number,
    width: number,
    height: number,
    cb: number,
    cr: number,
  ): void;
  planeOf(index: number): number;
  strideOf(index: number): number;
  resample(
    plane: number,
    stride: number,
    row: number,
    from: number,
    until: number,
    rowStarts: number,
    rowWeights: number,
    rowTaps: number,
    height: number,
    columnStarts: number,
    columnWeights: number,
    columnTaps: number,
    width: number,
    to: number,
    toStride: number,
    ground: number,
    background: number,
  ): void;
  extendPlane(
    plane: number,
    stride: number,
    width: number,
    height: number,
    fullWidth: number,
    fullHeight: number,
  ): void;
  transposePlane(
    plane: number,
    stride: number,
    width: number,
    height: number,
    to: number,
    toStride: number,
  ): void;
  addRows(sums: number, rows: number, samples: number, count: number, weights: number, deep: number): void;
  mixColumns(
    sums: number,
    starts: number,
    counts: number,
    weights: number,
    room: number,
    width: number,
    channels: number,
    white: number,
    to: number,
    deep: number,
  ): void;
  loadRows(rows: number, width: number, height: number, channels: number, asRgb: number): void;
  decodePng(
    rows: number,
    width: number,
    height: number,
    channels: number,
    palette: number,
    colours: number,
    asRgb: number,
  ): number;
  decodeVp8(frame: number, bytes: number, width: number, height: number, checksOnly: number): number;
  setEncoderTable(kind: number, slot: number, spec: number): void;
  setEncoderQuantisation(slot: number, spec: number): void;
  encodeScan(
    y: number,
    cb: number,
    cr: number,
    stride: number,
    chromaStride: number,
    across: number,
    down: number,
    to: number,
  ): number;
}

/** The part of the global `WebAssembly` that is used; TypeScript declares it for browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
  readonly RuntimeError: new () => Error;
}

const { Module, Instance, RuntimeError } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
  .WebAssembly;
// The compiled module is in dist/, whether this file runs from src/ or from dist/.
const compiled = new Module(readFileSync(new URL('../../dist/codec/codec.wasm', import.meta.url)));

/** A new instance with its own memory of at most 128 MiB. */
export function loadKernel(): Kernel {
  return new Instance(compiled).exports as Kernel;
}

/** Whether an error is a trap of the kernel, which means that its memory is full. */
export const isTrap = (error: unknown): boolean => error instanceof RuntimeError;
