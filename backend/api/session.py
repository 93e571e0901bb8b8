"""The page's sign-in: a token once, a cookie afterwards."""

from fastapi import APIRouter, Request, Response

from backend.access import SESSION_SECONDS
from backend.api.document import problems
from backend.api.guard import SESSION_COOKIE
from backend.deps import StateDep
from backend.errors import ForbiddenError, InvalidRequestError, TooManyAttemptsError, UnauthorizedError
from backend.schemas import SessionView, SignIn

router = APIRouter()


@router.get("/session")
async def current_session(request: Request, state: StateDep) -> SessionView:
    """What the page that asks may do by its cookie."""
    session = state["access"].session(request.cookies.get(SESSION_COOKIE))
    return SessionView(rights=sorted(session.rights) if session else [])


@router.post(
    "/session",
    status_code=204,
    responses=problems(UnauthorizedError, ForbiddenError, InvalidRequestError, TooManyAttemptsError),
)
async def sign_in(form: SignIn, request: Request, response: Response, state: StateDep) -> None:
    """Take a token that may read, and give a cookie that stands for it, for 12 hours."""
    signed = await state["access"].sign_in(form.token, request.client.host if request.client else "")
    # The browser's own word: behind a proxy that ends TLS the request itself comes by http.
    https = request.headers.get("origin", str(request.url)).startswith("https://")
    response.set_cookie(SESSION_COOKIE, signed, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=https)


@router.delete("/session", status_code=204)
async def sign_out(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
