"""`/api/v1/board`: the house as it stands now, for whoever leads."""

from litestar import Controller

from guibin.web.routing import gets

from . import board


class BoardController(Controller):
    path = "/api/v1/board"
    tags = ("supervision",)
    show_board = gets(
        "/", board.board, "What is open, late and soon due by desk and level; it names nobody", needs=board.LEADS
    )
