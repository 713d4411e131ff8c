"""The drawing of a genealogy: every line runs to the right, no box covers another, of many the nearest are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from hub.trace.genealogy_model import BOX_H, BOX_W, MOST, Line, draw


@st.composite
def downstream(draw_from: st.DrawFn) -> list[Line]:
    """Links among lots "0" to "9" that all hang on "0", without a circle: a child has the higher number."""
    lines = [Line(str(draw_from(st.integers(0, child - 1))), str(child), "1 kg") for child in range(1, 10)]
    more = draw_from(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9)), max_size=8))
    known = {(line.from_lot, line.to_lot) for line in lines}
    extra = {(str(low), str(high)) for low, high in more if low < high} - known
    return [*lines, *(Line(low, high, "") for low, high in sorted(extra))]


@given(downstream())
def test_lines_run_to_the_right_and_boxes_stand_apart(lines: list[Line]) -> None:
    back = [Line(f"-{line.to_lot}", "0" if line.from_lot == "0" else f"-{line.from_lot}", "") for line in lines]
    drawing = draw("0", back, lines, {"3": "PN-1"})
    at = {box.lot: box for box in drawing.boxes}
    assert len(at) == 19
    for line in (*back, *lines):
        assert at[line.from_lot].x < at[line.to_lot].x
    for one in drawing.boxes:
        assert 0 <= one.x <= drawing.width - BOX_W
        assert 0 <= one.y <= drawing.height - BOX_H
        assert not [o for o in drawing.boxes if o is not one and o.x == one.x and abs(o.y - one.y) < BOX_H]
    assert [box.lot for box in drawing.boxes if box.middle] == ["0"]
    assert len(drawing.curves) == len(lines) * 2


def test_of_many_relatives_the_nearest_are_drawn_and_the_others_counted() -> None:
    near = [Line("0", f"n{number}", "") for number in range(MOST)]
    far = [Line("n1", f"f{number}", "") for number in range(25)]
    drawing = draw("0", [], [*far, *near], {})
    assert {box.lot for box in drawing.boxes} == {"0", *(line.to_lot for line in near)}
    assert drawing.left_out == 25


def test_a_lot_without_relatives() -> None:
    drawing = draw("0", [], [], {})
    assert ([box.lot for box in drawing.boxes], drawing.curves, drawing.left_out) == (["0"], [], 0)
