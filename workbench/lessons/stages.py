"""A network stage by stage: output, stride and number of parameters of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import torch
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor, nn

from workbench.evaluation.cost import count_parameters
from workbench.model.backbone import STAGES, Block
from workbench.model.msnet import MSNet


@dataclass(frozen=True)
class StageTable:
    """Rows of (stage, what it does, shape of one clip after it, stride in pixels, parameters), as a table in a notebook."""

    rows: Sequence[tuple[str, str, str, str, int]]
    HEADS = ("stage", "what it does", "t c h w after it", "stride", "parameters")

    @property
    def parameters(self) -> int:
        return sum(row[-1] for row in self.rows)

    def _repr_html_(self) -> str:
        lines = [*self.rows, ("all", "", "", "", self.parameters)]
        cells = ["".join(table_cell(value) for value in row) for row in lines]
        heads = "".join(f'<th style="text-align: left">{head}</th>' for head in self.HEADS)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in cells)}</tbody></table>"

    def __repr__(self) -> str:
        return "\n".join("  ".join(map(cell_text, row)) for row in self.rows)


def cell_text(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def table_cell(value: str | int) -> str:
    return f'<td style="text-align: {"left" if isinstance(value, str) else "right"}">{escape(cell_text(value))}</td>'


@torch.inference_mode()
def stage_features(model: MSNet, clip: Float[Tensor, "1 t 3 h w"]) -> dict[str, Float[Tensor, "t c h2 w2"]]:
    """What comes out of every stage, and of the motion modules between them, in their order."""
    num_frames = clip.shape[1]
    features, features_of = rearrange(clip, "1 t c h w -> t c h w"), {}
    for name in STAGES:
        features = model.backbone.stem(features) if name == "stem" else model.backbone.get_submodule(name)(features, num_frames)
        features_of[name] = features
        if name in model.motion:
            features, _ = model.motion[name](features, num_frames)
            features_of[f"motion after {name}"] = features
    return features_of


@torch.inference_mode()
def stage_table(model: MSNet, clip: Float[Tensor, "1 t 3 h w"]) -> StageTable:
    """The network's stages, measured by running this clip through them."""
    backbone, rows = model.backbone, []
    for name, features in stage_features(model, clip).items():
        stage = name.removeprefix("motion after ")
        part = nn.ModuleList(backbone.stage_modules(stage)) if name in STAGES else model.motion[stage]
        rows.append((name, describe_stage(model, name), shape_text(features), f"{backbone.strides[stage]} px", count_parameters(part)))

    logits = model(clip).frame_logits
    pooled = reduce(features, "t c h w -> t c 1 1", "mean")
    answers = f"{shape_text(pooled)} → {shape_text(rearrange(logits, '1 t k -> t k'))}"
    rows.append(("pool, fc", "mean over cells, one linear classifier", answers, "", count_parameters(model.fc)))
    rows.append(("consensus", "mean over frames", f"{logits.shape[2]} logits", "", 0))
    return StageTable(rows)


def describe_stage(model: MSNet, name: str) -> str:
    if name == "stem":
        parts = [part for module in model.backbone.stem_modules() for part in module.modules()]
        convolutions, pools = (sum(isinstance(part, kind) for part in parts) for kind in (nn.Conv2d, nn.MaxPool2d))
        return ("one convolution" if convolutions == 1 else f"{convolutions} convolutions") + (" and pooling" if pools else "")
    if name.startswith("motion"):
        return "match neighbouring frames, add what that tells"
    blocks = [part for part in model.backbone.get_submodule(name).children() if isinstance(part, Block)]
    shifting = [block for block in blocks if block.shift_div]
    where = f" in {len(shifting)} of them" if len(shifting) < len(blocks) else ""
    shift = f", 2 in {model.config.shift_div} channels shifted{where}" if shifting else ""
    return f"{len(blocks)} residual block{'s' if len(blocks) > 1 else ''}{shift}"


def shape_text(features: Tensor) -> str:
    return " × ".join(map(str, features.shape))
