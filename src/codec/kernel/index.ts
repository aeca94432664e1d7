export { planeOf, strideOf, encodeScan, setEncoderQuantisation, setEncoderTable } from './jpeg/encode';
export { allocateFrame, decodeScan, finishFrame, setComponent, setFrame, setQuantisation, setTables } from './jpeg/frame';
export { setHuffmanTable } from './jpeg/huffman';
export { clipColours, mixColours } from './planes/colours';
export { addRows, mixColumns } from './planes/floats';
export { allocate, release, reset } from './planes/memory';
export { decodePng, loadRows } from './planes/png';
export { extendPlane, resample, transposePlane } from './planes/resample';
export { decodeVp8 } from './webp/frame';
