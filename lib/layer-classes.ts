import * as tf from '@tensorflow/tfjs';

/** The prototype of a class that TensorFlow.js can save: a layer, an activation, a regulariser. */
export function prototypeOf<Prototype>(className: string): Prototype {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  return (classNameMap[className][0] as unknown as { prototype: Prototype }).prototype;
}
