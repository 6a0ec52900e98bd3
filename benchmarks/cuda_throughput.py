"""Video-hours an hour of a 2B- and a 7B-class architecture with random weights on the first CUDA device, in bfloat16.

    python benchmarks/cuda_throughput.py [--seconds 120]

Frames are random pixels that lie ready: reading is measured by `performance.py`. Every frame is encoded once, every window of
2 s (1 s apart) is decoded. Without a CUDA device it says so and measures nothing.
"""

import argparse
import time

import numpy as np
import torch
from random_bases import LARGE, detector_of, random_base

from resus_doc.models.detector import Detector


def video_hours_an_hour(detector: Detector, seconds: float) -> float:
    """Seconds of video that are detected in a second."""
    size = detector.config.frame_size
    count = int(seconds * detector.config.grid_fps) // 2 * 2
    frames = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    detector.video_logits(frames[:32])
    torch.cuda.synchronize()
    begun = time.perf_counter()
    detector.video_logits(frames)
    torch.cuda.synchronize()
    return seconds / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="of video")
    wanted = parser.parse_args()
    if not torch.cuda.is_available():
        print("no CUDA device: nothing was measured")
        return
    print(f"{torch.cuda.get_device_name()}, bfloat16, random weights, {wanted.seconds:.0f} s of video")
    for name, (model_type, configuration) in LARGE.items():
        torch.cuda.reset_peak_memory_stats()
        detector = detector_of(random_base(model_type, configuration, device="cuda", dtype=torch.bfloat16))
        speed = video_hours_an_hour(detector, wanted.seconds)
        print(f"{name}: {speed:.1f} video-hours an hour; {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB at most")
        del detector
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
