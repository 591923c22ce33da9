"""PyTorch as a peer: eager, channels_last, with TensorFlow's padding and normalisation constants."""
import torch
from serve import serve
from torch import nn
from torch.nn import functional as F


class Conv(nn.Conv2d):
    """Convolution with TensorFlow's 'same' padding, which puts the odd row and column below and to the right."""

    def forward(self, x):
        stride, kernel = self.stride[0], self.kernel_size[0]
        total = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in x.shape[2:]]
        before, after = [n // 2 for n in total], [n - n // 2 for n in total]
        if before != after:
            return F.conv2d(F.pad(x, (before[1], after[1], before[0], after[0])), self.weight, self.bias, stride)
        return F.conv2d(x, self.weight, self.bias, stride, before)


def normalized(inputs, filters, stride=1):
    return nn.Sequential(Conv(inputs, filters, 3, stride), nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01))


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.first = normalized(inputs, filters, stride)
        self.second = normalized(filters, filters)
        self.shortcut = Conv(inputs, filters, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.second(F.relu(self.first(x))))


def resnet(depth, classes=10):
    layers, inputs = [normalized(3, 16), nn.ReLU()], 16
    for stage in range(3):
        for block in range((depth - 2) // 6):
            filters = 16 * 2**stage
            layers.append(Block(inputs, filters, 2 if stage > 0 and block == 0 else 1))
            inputs = filters
    return nn.Sequential(*layers, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(inputs, classes))


def vgg16():
    layers, inputs = [], 3
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [Conv(inputs, filters, 3), nn.ReLU()]
            inputs = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def load(work):
    torch.manual_seed(0)
    torch.set_num_threads(work["threads"])
    images = torch.randn(work["batch"], 3, work["size"], work["size"]).to(memory_format=torch.channels_last)
    model, step = {"resnet": train, "vgg16": predict}[work["model"]](work, images)
    numbers = [n for name, n in model.state_dict().items() if not name.endswith("num_batches_tracked")]
    about = f"PyTorch {torch.__version__}, channels_last, eager, {torch.get_num_threads()} threads"
    return {"about": about, "parameters": sum(n.numel() for n in numbers)}, step


def train(work, images):
    model = resnet(work["depth"]).to(memory_format=torch.channels_last).train()
    labels = torch.randint(10, (work["batch"],))
    kernels = [m.weight for m in model.modules() if isinstance(m, nn.Conv2d)]
    others = [p for p in model.parameters() if all(p is not kernel for kernel in kernels)]
    # The penalty 1e-4 · Σ w² has the gradient 2e-4 · w.
    groups = [{"params": kernels, "weight_decay": 2e-4}, {"params": others}]
    optimizer = torch.optim.Adam(groups, lr=1e-3, eps=1e-7)

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        (logits.argmax(1) == labels).float().mean().item()  # the accuracy that the others report too
        return loss.item()

    return model, step


def predict(_, images):
    model = vgg16().to(memory_format=torch.channels_last).eval()

    def step():
        with torch.inference_mode():
            return model(images).flatten()[0].item()

    return model, step


serve(load)
