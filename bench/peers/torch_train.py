"""The PyTorch side of `npm run bench -- train-speed`: the same models, trained on command.

Reads one JSON request a line ({"op": ...}) and answers each with one JSON line. Needs only PyTorch; uses the fused
optimizer, scaled-dot-product attention and RMS norm kernels where the installed release has them.
"""
import json
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class LayerNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, None, 1e-5)


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        if hasattr(F, 'rms_norm'):
            return F.rms_norm(x, self.weight.shape, self.weight, 1e-5)
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def attend(q, k, v, mask):
    if hasattr(F, 'scaled_dot_product_attention'):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(q.size(-1)))
    return F.softmax(scores.masked_fill(mask, float('-inf')), -1) @ v


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, self.heads, self.llama = c['width'], c['heads'], c['family'] == 'llama'
        norm = RmsNorm if self.llama else LayerNorm
        linear = lambda i, o: nn.Linear(i, o, bias=False)
        self.norm1, self.norm2 = norm(width), norm(width)
        self.qkv, self.out = linear(width, 3 * width), linear(width, width)
        self.up, self.down = linear(width, c['ffnWidth']), linear(c['ffnWidth'], width)
        if self.llama:
            self.gate = linear(width, c['ffnWidth'])

    def forward(self, x, mask, rope):
        batch, length, width = x.shape
        heads = lambda t: t.view(batch, length, self.heads, -1).transpose(1, 2)
        q, k, v = map(heads, self.qkv(self.norm1(x)).split(width, 2))
        if self.llama:
            q, k = rotate(q, rope), rotate(k, rope)
        y = attend(q, k, v, mask).transpose(1, 2).contiguous().view(batch, length, width)
        x = x + self.out(y)
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h) if self.llama else F.gelu(self.up(h)))


def rotate(x, rope):
    cos, sin = rope
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Model(nn.Module):
    def __init__(self, c, length):
        super().__init__()
        width = c['width']
        self.llama = c['family'] == 'llama'
        self.tokens = nn.Embedding(c['vocabSize'], width)
        if not self.llama:
            self.positions = nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c['layers']))
        self.norm = (RmsNorm if self.llama else LayerNorm)(width)
        self.head = nn.Linear(width, c['vocabSize'], bias=False)
        if c['tiedEmbeddings']:
            self.head.weight = self.tokens.weight
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)
        dim = width // c['heads']
        angles = torch.arange(length).float()[:, None] * 10000.0 ** (-torch.arange(0, dim, 2).float() / dim)[None]
        self.register_buffer('cos', angles.cos())
        self.register_buffer('sin', angles.sin())
        self.register_buffer('mask', torch.triu(torch.ones(length, length, dtype=torch.bool), 1))

    def forward(self, ids, targets):
        x = self.tokens(ids)
        if not self.llama:
            x = x + self.positions.weight
        for block in self.blocks:
            x = block(x, self.mask, (self.cos, self.sin))
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def adamw(parameters):
    options = dict(lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    for kind in ({'fused': True}, {'foreach': True}, {}):
        try:
            optimizer = torch.optim.AdamW(parameters, **options, **kind)
            for p in parameters:
                p.grad = torch.zeros_like(p)
            optimizer.step()
            return optimizer, next(iter(kind), 'plain')
        except (TypeError, RuntimeError):
            continue


def matrix_flops(size=1024, seconds=0.25):
    """Speed of a square product: shows whether this PyTorch was built with a fast BLAS at all."""
    a, b = torch.randn(size, size + 16), torch.randn(size + 16, size)
    best, end = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < end or best == math.inf:
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * size * size * (size + 16) / best


state = {}


def handle(request):
    op = request['op']
    if op == 'hello':
        torch.set_num_threads(request['threads'])
        return {'version': torch.__version__}
    if op == 'matrix':
        return {'matrixFlops': matrix_flops()}
    if op == 'model':
        torch.manual_seed(0)
        c, batch, length = request['config'], request['batch'], request['length']
        state['model'] = Model(c, length)
        state['optimizer'], kind = adamw(list(state['model'].parameters()))
        state['ids'] = torch.randint(0, c['vocabSize'], (batch, length))
        state['targets'] = torch.randint(0, c['vocabSize'], (batch, length))
        return {'parameters': sum(p.numel() for p in state['model'].parameters()), 'optimizer': kind}
    if op == 'vector':
        state['vector'] = nn.Parameter(torch.randn(request['count']))
        state['optimizer'], kind = adamw([state['vector']])
        state['vector'].grad = torch.randn(request['count'])
        return {'optimizer': kind}
    times = []
    for _ in range(request['count']):
        start = time.perf_counter()
        if op == 'steps':
            loss = state['model'](state['ids'], state['targets'])
            state['optimizer'].zero_grad(set_to_none=True)
            loss.backward()
        state['optimizer'].step()
        times.append((time.perf_counter() - start) * 1000)
    return {'milliseconds': times}


for line in sys.stdin:
    print(json.dumps(handle(json.loads(line))), flush=True)
