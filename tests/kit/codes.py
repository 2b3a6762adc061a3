"""Codes as a camera sees them: videos for Chromium's fake camera, drawn by Pillow and the libraries that print them."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import zxingcpp
from PIL import Image
from qrcode import QRCode

SIZE = (640, 480)
FRAMES = 3
GREY = 210  # a counter, not a screen: the code lies on something


def qr_picture(text: str) -> Image.Image:
    """A QR code, as `qrcode` draws it."""
    symbol = QRCode(box_size=9)
    symbol.add_data(text)
    return symbol.make_image().get_image().convert("L")


def barcode_picture(text: str) -> Image.Image:
    """A Code 128, as zxing-cpp writes it, with its quiet zones."""
    bars = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(bars, scale=2)).convert("L")
    return drawn.resize((min(drawn.width, 600), 160))


def video(picture: Image.Image, path: Path) -> Path:
    """A few seconds of somebody holding this picture, slightly askew, before the camera: a Y4M file."""
    frame = Image.new("L", SIZE, GREY)
    askew = picture.rotate(2, expand=True, fillcolor=GREY)
    frame.paste(askew, ((SIZE[0] - askew.width) // 2, (SIZE[1] - askew.height) // 2))
    colourless = bytes([128]) * (SIZE[0] * SIZE[1] // 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F10:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(FRAMES):
            file.write(b"FRAME\n" + frame.tobytes() + colourless)
    return path


def seen(image: Image.Image) -> list[zxingcpp.Barcode]:
    """What a picture shows of the two kinds that we draw: in the squares of one a reader may see some third kind."""
    drawn = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128])
    return list(zxingcpp.read_barcodes(image, formats=drawn))


def read(picture: str) -> str:
    """What a QR code says that stands in a page as data of SVG paths."""
    svg = b64decode(picture.partition(",")[2]).decode()
    side = int(svg.partition('viewBox="0 0 ')[2].partition(" ")[0])
    image = Image.new("L", (side, side), 255)
    for move in svg.rpartition('d="')[2].partition('"')[0].split("M")[1:]:
        x, y = move.partition("h")[0].split()
        image.putpixel((int(x), int(y)), 0)
    (found,) = seen(image.resize((side * 6, side * 6), Image.Resampling.NEAREST))
    return str(found.text)
