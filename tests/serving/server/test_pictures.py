"""How large pictures are, told from headers."""

import io

import numpy as np
import pytest
from PIL import Image

from tfgmmgan.serving.server.limits import Refusal
from tfgmmgan.serving.server.pictures import megapixels


def file_of(form, size=(400, 250), frames=1):
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, size[::-1], dtype=np.uint8)) for _ in range(frames)]
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    pictures[0].save(buffer, form, **more)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP"])
def test_width_times_height(form):
    assert megapixels(file_of(form)) == 0.1


def test_every_frame_of_a_gif_counts_by_its_own_size():
    file = file_of("GIF", frames=5)
    assert megapixels(file) == pytest.approx(0.5)
    frame = b"," + bytes(4) + (60000).to_bytes(2, "little") * 2 + b"\0" + b"\x08\0"  # larger than the picture
    assert megapixels(file.removesuffix(b";") + 3 * frame + b";") == pytest.approx(0.5 + 3 * 3600)


def test_what_is_larger_than_pillow_opens_is_counted():
    header = bytearray(file_of("BMP", (8, 8)))
    header[18:26] = (2**30).to_bytes(4, "little") * 2
    assert megapixels(bytes(header)) == 2**60 / 1e6


@pytest.mark.parametrize(
    "file", [b"", b"GIF89a", b"BM", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-1.4", b"\0" * 99]
)
def test_what_is_no_picture_is_refused(file):
    with pytest.raises(Refusal, match="must be a whole PNG, JPEG, GIF or BMP file"):
        megapixels(file)
    with pytest.raises(Refusal):
        megapixels(file_of("GIF")[:-20])


def test_other_formats_of_pillow_are_refused():
    for form in ("TIFF", "WEBP", "PPM"):
        with pytest.raises(Refusal):
            megapixels(file_of(form))
