"""The seed's builders in Keras, the reference of lib/models/resnet.ts (Keras's cifar10_resnet example, version 1)."""
from keras import Model, layers
from keras.regularizers import L2


def resnet_layer(inputs, num_filters=16, kernel_size=3, strides=1, activation="relu",
                 batch_normalization=True, conv_first=True):
    conv = layers.Conv2D(num_filters, kernel_size, strides=strides, padding="same",
                         kernel_initializer="he_normal", kernel_regularizer=L2(1e-4))
    x = conv(inputs) if conv_first else inputs
    if batch_normalization:
        x = layers.BatchNormalization()(x)
    if activation is not None:
        x = layers.Activation(activation)(x)
    return x if conv_first else conv(x)


def resnet_v1(input_shape, depth, num_classes=10):
    if (depth - 2) % 6 != 0:
        raise ValueError("depth should be 6n+2 (e.g. 20, 32, 44)")
    num_filters = 16
    inputs = layers.Input(input_shape)
    x = resnet_layer(inputs)
    for stack in range(3):
        for block in range((depth - 2) // 6):
            strides = 2 if stack > 0 and block == 0 else 1
            y = resnet_layer(x, num_filters, strides=strides)
            y = resnet_layer(y, num_filters, activation=None)
            if strides == 2:
                x = resnet_layer(x, num_filters, kernel_size=1, strides=2, activation=None, batch_normalization=False)
            x = layers.Activation("relu")(layers.add([x, y]))
        num_filters *= 2
    x = layers.Flatten()(layers.AveragePooling2D(pool_size=8)(x))
    return Model(inputs, layers.Dense(num_classes, activation="softmax", kernel_initializer="he_normal")(x))
