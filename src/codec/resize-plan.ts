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

/** What is to be done to a picture's shape, in this order; null where nothing is. All numbers are pixels. */
export interface ResizePlan {
  /** Size to scale to; may equal the picture's own. */
  readonly scaled: Size | null;
  /** Part of the scaled picture to keep. */
  readonly crop: (Size & { readonly left: number; readonly top: number }) | null;
  /** White margins around the scaled picture. */
  readonly pad: Margins | null;
  readonly direction: 'down' | 'up';
}

/** Size of the picture once the plan is carried out. */
export function plannedSize(size: Size, { scaled, crop, pad }: ResizePlan): Size {
  const { width, height } = crop ?? scaled ?? size;
  if (pad === null) return { width, height };
  return { width: pad.left + width + pad.right, height: pad.top + height + pad.bottom };
}
