export { planeOf, strideOf, encodeScan, setEncoderQuantisation, setEncoderTable } from './encode';
export { allocateFrame, decodeScan, finishFrame, setComponent, setFrame, setQuantisation, setTables } from './frame';
export { setHuffmanTable } from './huffman';
export { allocate, reset } from './memory';
export { decodePng } from './png';
export { extendPlane, resample } from './resample';
