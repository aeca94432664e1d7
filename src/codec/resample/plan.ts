export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Margins {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Steps that change the shape of an image, in this order; null where a step is not needed. All numbers are pixels. */
export interface ResizePlan {
  /** Size to scale to; may equal the size of the image. */
  readonly scaled: Size | null;
  /** Part of the scaled image to keep. */
  readonly crop: (Size & { readonly left: number; readonly top: number }) | null;
  /** White margins around the scaled image. */
  readonly pad: Margins | null;
  readonly direction: 'down' | 'up';
}

/** Size of the image after the plan. */
export function plannedSize(size: Size, { scaled, crop, pad }: ResizePlan): Size {
  const { width, height } = crop ?? scaled ?? size;
  if (pad === null) return { width, height };
  return { width: pad.left + width + pad.right, height: pad.top + height + pad.bottom };
}
