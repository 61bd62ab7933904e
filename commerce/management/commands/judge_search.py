from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commerce.catalogue.search_judging import DEPTH, judge, mean_ndcg, read_queries


class Command(BaseCommand):
    help = (
        f"Print how well the search answers judged queries: the nDCG@{DEPTH} of each and the mean. The "
        "format of the file is in docs/listing.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a TOML file of judged queries")
        parser.add_argument(
            "--below", type=float, default=0.9, help="show the results of queries below this figure"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            judgements = judge(read_queries(options["file"]))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        for judgement in judgements:
            self.stdout.write(f"{judgement.ndcg:.3f}  {judgement.query}")
            if judgement.ndcg < options["below"]:
                for title, grade in judgement.results:
                    self.stdout.write(f"           {grade or '-'}  {title}")
        self.stdout.write(f"{mean_ndcg(judgements):.3f}  mean of {len(judgements)} queries")
