import type { NdArray } from 'ndarray';

/** Images with their classes. */
export interface Split {
  /** Bytes, [image, height, width, channel]; channels are red, green, blue. */
  images: NdArray<Uint8Array>;
  /** The class of each image, an index into `classNames`. */
  labels: Uint8Array;
}

/** Where a data set's bytes came from. */
export interface Source {
  url: string;
  /** SHA-256 of the archive, lower-case hexadecimal. */
  sha256: string;
  /** Whether the archive is the one that its authors published. */
  official: boolean;
}

/** An image classification data set with its published split. */
export interface Dataset {
  name: string;
  classNames: string[];
  source: Source;
  train: Split;
  test: Split;
}
