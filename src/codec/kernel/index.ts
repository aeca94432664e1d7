export { planeOf, strideOf, encodeScan, setEncoderQuantisation, setEncoderTable } from './jpeg/encode';
export { allocateFrame, decodeScan, finishFrame, setComponent, setFrame, setQuantisation, setTables } from './jpeg/frame';
export { setHuffmanTable } from './jpeg/huffman';
export { allocate, reset } from './planes/memory';
export { decodePng } from './planes/png';
export { extendPlane, resample } from './planes/resample';
