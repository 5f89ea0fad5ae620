#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes an SVG of stdin, on stdout.

Usage: svg.py screen   of a terminal, as 'tmux capture-pane -pe' prints it
       svg.py plot     of the first plot on a page of 'kvmexitctl report --html'
"""
import html
import re
import sys

LICENCE = "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->"
CELL_W, CELL_H, MARGIN = 8.4, 18, 12
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


def runs(line):
    """Text with the same attributes: (column, text, attributes) each."""
    attributes, column, text = set(), 0, ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not part.startswith("\x1b["):
            text = part
            if text:
                yield column, text, frozenset(attributes)
            column += len(text)
            continue
        for code in part[2:-1].split(";"):
            if code in ("", "0"):
                attributes.clear()
            elif code == "39":
                attributes -= {"31", "33"}
            else:
                attributes.add(code)


def screen(text):
    lines = text.rstrip("\n").split("\n")
    width = max(sum(len(run[1]) for run in runs(line)) for line in lines)
    size = (width * CELL_W + 2 * MARGIN, len(lines) * CELL_H + 2 * MARGIN)
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img" '
          'aria-label="kvmexitctl top">' % size)
    print(LICENCE)
    print("<style>text{font:14px %s;fill:#ddd;white-space:pre}.b{font-weight:bold}"
          ".u{text-decoration:underline}.d{fill:#999}.r{fill:#ff6b6b}.y{fill:#ffd75f}"
          ".i{fill:#1b1d1f}</style>" % FONT)
    print('<rect width="100%" height="100%" rx="6" fill="#1b1d1f"/>')
    classes = {"1": "b", "2": "d", "4": "u", "7": "i", "31": "r", "33": "y"}
    for row, line in enumerate(lines):
        for column, part, attributes in runs(line):
            x, y = MARGIN + column * CELL_W, MARGIN + row * CELL_H
            if "7" in attributes:
                print('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="#ddd"/>' %
                      (x, y, len(part) * CELL_W, CELL_H))
            if part.strip() or "4" in attributes:
                print('<text xml:space="preserve" x="%.1f" y="%.1f" textLength="%.1f" '
                      'class="%s">%s</text>' %
                      (x, y + CELL_H - 4.5, len(part) * CELL_W,
                       " ".join(classes[a] for a in sorted(attributes) if a in classes),
                       html.escape(part)))
    print("</svg>")


def plot(page):
    figure = re.search(r"<figure>.*?</figure>", page, re.S).group(0)
    drawing = re.search(r"<svg[^>]*>.*?</desc>\n(.*?)</svg>", figure, re.S).group(1)
    drawing = re.sub(r'<rect class="hit".*?</rect>\n', "", drawing)
    colours = dict(re.findall(r"--(c\d):(#[0-9a-f]+)", page))
    left, top, width, height = 80, 30, 900, 280
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 %d" role="img" '
          'aria-label="Exits per second, by reason">' % (top + height + 80))
    print(LICENCE)
    print("<style>text{font:14px system-ui,sans-serif;fill:#1a1a1a}.a{stroke:#888;fill:none}"
          ".page{fill:#fff}.edge{stroke:#555;stroke-dasharray:4 4;fill:none;"
          "vector-effect:non-scaling-stroke}.storm{fill:none;stroke:#b00020;stroke-width:4px;"
          "vector-effect:non-scaling-stroke}%s@media(prefers-color-scheme:dark)"
          "{text{fill:#e8e8e8}.page{fill:#16181b}.edge{stroke:#aaa}.storm{stroke:#ff6b7d}}"
          "</style>" % "".join(".%s{fill:%s}" % colour for colour in colours.items()))
    print('<rect class="page" width="100%" height="100%"/>')
    print('<svg x="%d" y="%d" width="%d" height="%d" viewBox="0 0 1000 300" '
          'preserveAspectRatio="none">\n%s</svg>' % (left, top, width, height, drawing))
    print('<rect class="a" x="%d" y="%d" width="%d" height="%d"/>' % (left, top, width, height))
    names, rates, times = (re.search(r'<div class="%s"[^>]*>(.*?)</div>' % part, figure, re.S)
                           .group(1) for part in ("names", "rates", "times"))
    # The name of a phase that is a line wide would be on that of the next one.
    for at, wide, text in re.findall(r'left:([\d.]+)%;width:([\d.]+)%">(.*?)<', names):
        if float(wide) * width / 100 > 8 * len(text):
            print('<text x="%.0f" y="%d">%s</text>' % (left + float(at) * width / 100, top - 8,
                                                       text))
    for at, text in re.findall(r'bottom:(\d+)%">(.*?)<', rates):
        print('<text x="%d" y="%.0f" text-anchor="end">%s</text>' %
              (left - 6, top + height * (1 - int(at) / 100) + 5, text))
    for side, at, text in re.findall(r'style="(left|right):([\d.]+)%">(.*?)<', times):
        at = float(at) if side == "left" else 100 - float(at)
        print('<text x="%.0f" y="%d" text-anchor="%s">%s</text>' %
              (left + at * width / 100, top + height + 18,
               "start" if side == "left" else "end", text))
    x, y = left, top + height + 44
    for colour, text in re.findall(r'swatch b(\d)"></span>(.*?)<', figure):
        if x + 30 + 9 * len(text) > left + width:
            x, y = left, y + 22
        print('<rect class="c%s" x="%d" y="%d" width="12" height="12"/><text x="%d" y="%d">%s'
              "</text>" % (colour, x, y - 11, x + 17, y, text))
        x += 40 + 9 * len(text)
    print("</svg>")


{"screen": screen, "plot": plot}[sys.argv[1]](sys.stdin.read())
