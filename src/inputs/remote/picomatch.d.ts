/** The part of it that is used; it comes without types. */
declare module 'picomatch' {
  export default function picomatch(glob: string): (path: string) => boolean;
}
