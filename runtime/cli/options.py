"""What many commands take, once. The words of each stand in the catalogue under its parameter's name."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

Case = Annotated[str, Argument(metavar="CASE")]
File = Annotated[Path, Argument(metavar="FILE")]

Address = Annotated[str | None, Option("--address", metavar="TEXT")]
Contact = Annotated[str | None, Option("--contact", metavar="NAME")]
Phone = Annotated[str | None, Option("--phone", metavar="NUMBER")]
Email = Annotated[str | None, Option("--email", metavar="TEXT")]
AsJson = Annotated[bool, Option("--json")]
AsUser = Annotated[str, Option("--as", metavar="USER")]
AsUserOrNot = Annotated[str | None, Option("--as", metavar="USER")]
Key = Annotated[str | None, Option("--key", metavar="KEY")]
Anew = Annotated[bool, Option("--anew")]
Yes = Annotated[bool, Option("--yes")]
Fund = Annotated[str | None, Option("--fund", metavar="FUND")]
Stage = Annotated[str | None, Option("--stage", metavar="STAGE")]
RoleName = Annotated[str | None, Option("--role", metavar="ROLE")]
Reason = Annotated[str, Option("--reason", metavar="TEXT")]
Decision = Annotated[str, Option("--decision", metavar="NUMBER")]
Amount = Annotated[str, Option("--amount", metavar="YUAN")]
Balance = Annotated[str, Option("--balance", metavar="YUAN")]
EffectiveFrom = Annotated[str, Option("--from", metavar="DATE")]
OnDay = Annotated[str, Option("--on", metavar="DATE")]
