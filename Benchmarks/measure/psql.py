"""One psql that stays connected: a question costs a round trip, not a process."""

import pathlib
import subprocess

from .place import die_with_parent

END = "--end of the answer--"


def client_folder():
    """The newest PostgreSQL's programs; Debian's psql in the path is a wrapper."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not folders:
        raise RuntimeError("no PostgreSQL client under /usr/lib/postgresql")
    return folders[-1]


class Refusal(RuntimeError):
    """The server answers with an error."""


class Psql:
    def __init__(self, port, user="bench", database="bench"):
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", str(client_folder() / "psql"), "-XqAt", "-h", "127.0.0.1", "-p", str(port), "-U", user,
             "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
            start_new_session=True, preexec_fn=die_with_parent)

    def lines(self, sql):
        try:
            self.process.stdin.write(f"{sql};\n\\echo {END}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise ConnectionError(self.process.stdout.read()) from None
        answer = []
        error = None
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == END:
                if error:
                    raise Refusal(f"{error} ({sql[:100]})")
                return answer
            if line.startswith("ERROR:"):
                error = line
            if not line.startswith(("NOTICE:", "WARNING:")):
                answer.append(line)
        raise ConnectionError("\n".join(answer))

    def value(self, sql):
        answer = self.lines(sql)
        return answer[0] if answer else ""

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def answers(port, **names):
    """Whether a server takes connections and answers."""
    try:
        with Psql(port, **names) as psql:
            return psql.value("SELECT 1") == "1"
    except (ConnectionError, Refusal):
        return False
