"""Makes recordings of a dataset damaged: as a card that lost data leaves them, and as a copy that broke off."""

from pathlib import Path

import av


def lose_pictures(video: Path, first: int, count: int) -> Path:
    """Put an AVI in place of a video in which `count` pictures from the `first` on are zeros."""
    path = video.with_suffix(".avi")
    with av.open(str(video)) as source, av.open(str(path), "w") as container:
        rate = source.streams.video[0].average_rate
        stream = container.add_stream("mjpeg", rate=rate)
        stream.width, stream.height = source.streams.video[0].width, source.streams.video[0].height
        stream.pix_fmt = "yuvj420p"
        for number, frame in enumerate(source.decode(video=0)):
            picture = frame.reformat(format="yuvj420p")
            picture.pts, picture.time_base = number, 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for start, size in places[first : first + count]:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    video.unlink()
    return path


def break_off(video: Path, share: float) -> Path:
    """Put an AVI in place of a video that ends after a share of its bytes."""
    path = lose_pictures(video, 0, 0)
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))
    return path
