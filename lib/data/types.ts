import type { NdArray } from 'ndarray';

/** Images with their classes. */
export interface Split {
  /** Bytes, [image, height, width, channel]; channels are red, green, blue. */
  images: NdArray<Uint8Array>;
  /** The class of each image, an index into `classNames`. */
  labels: Uint8Array;
}

/** Features of images with their classes: what `extractFeatures` makes of a split. */
export interface FeatureSplit {
  /** [image, …], as the base gives them. */
  features: NdArray<Float32Array>;
  /** The class of each image. */
  labels: Uint8Array;
}

export type AnySplit = Split | FeatureSplit;
/** Bytes, or features. */
export type Images = Split['images'] | FeatureSplit['features'];

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
