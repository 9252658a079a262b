"""All commands, in the order of the help, and where each of them stands.

A place is ``module:name`` below ``runtime.cli``: of a function, or of a table of functions by their command's name,
where a whole group is made from the kinds that the rulebook knows.
"""

from runtime.cli.groups import Place, Tree

_CASE: Tree = {
    "submit": "workbook.submitting:submit",
    "list": "cases.showing:list_cases",
    "show": "cases.showing:show",
    "paper": "papers.kept:paper_of_case",
    **{
        name: f"cases.acts:{name.replace('-', '_')}"
        for name in (
            *("propose", "reject", "send-back", "decide", "draw-again", "sign", "release", "sent", "confirm"),
            "confirm-receipt",
            *("withdraw", "conclude-recovery", "put-first", "propose-measure", "approve-measure", "approve"),
            *("propose-date", "approve-date"),
        )
    },
    "propose-correction": "workbook.correcting:propose_correction",
    "approve-correction": "workbook.correcting:approve_correction",
    "propose-write-off": "cases.write_offs:propose_write_off",
    "approve-write-off": "cases.write_offs:approve_write_off",
}

_DOCUMENTS: Tree = {
    "list": "papers.kept:list_papers",
    "attach": "papers.attaching:attach",
    "sign": "papers.signing:sign",
    "fetch": "papers.kept:fetch",
    "verify": "papers.checking:verify",
    "render": "papers.drawing:render",
    "preview": "papers.drawing:preview",
    "platform": {
        "start": "papers.platform:start",
        "settle": "papers.platform:settle",
        "cancel": "papers.platform:cancel",
        "list": "papers.platform:list_flows",
        "simulate": "papers.platform:simulate",
    },
}

_LEDGER: Tree = {
    "trial-balance": "books.reports:trial_balance",
    "statement": "books.reports:statement",
    "voucher": "books.reports:voucher",
    "report": "books.reports:report",
    "import-statement": "books.statement:import_statement",
    "statement-headings": "books.headings:statement_headings",
    "suspense": "books.statement:suspense",
    "match": "books.statement:match_line",
    "reconcile": "books.statement:reconcile",
    "differences": "books.statement:differences",
    "explain": "books.statement:explain",
    "seal": "books.verification:seal",
    "close": "books.verification:close",
    "reopen": "books.verification:reopen",
    "verify": "books.verification:verify",
    "export": "books.verification:export",
    "approve": "books.desk:approve",
    "paid": "books.desk:paid",
    "reject": "books.desk:reject",
    "proposals": "books.desk:proposals",
    "propose": "books.desk:PROPOSE",
}

COMMANDS: Tree = {
    "import": "workbook.importing:import_file",
    "tasks": "cases.tasks:tasks",
    "troubles": {
        "list": "cases.troubles:list_troubles",
        "look": "cases.troubles:look_for_troubles",
        "propose": "cases.troubles:propose_a_remedy",
        "approve": "cases.troubles:approve_a_remedy",
    },
    "pool": "funds.pool:pool",
    "fee": "law.fee:fee",
    "ceiling": "law.ceiling:ceiling",
    "size": "law.size:size",
    "words": Place("law.amounts:in_words", takes_minus=True),
    "workdays": "law.workdays:workdays",
    "judge": "law.judge:judge",
    "serve": "machine.services:serve",
    "demo": "machine.demo:demo",
    "doctor": "machine.doctor:doctor",
    "case": _CASE,
    "documents": _DOCUMENTS,
    "bank": "bank.messages:COMMANDS",
    "books": {"check": "books.check:check"},
    "ledger": _LEDGER,
    "funds": {
        "list": "funds.funds:list_funds",
        "open": "funds.funds:open_a_fund",
        "adopt": "funds.funds:adopt_measure",
        "office": "funds.funds:set_office",
    },
    "people": {
        "list": "funds.people:list_people",
        "grant": "funds.people:grant",
        "take": "funds.people:take",
        "rename": "funds.people:rename",
    },
    "banks": {"list": "funds.banks:list_banks", "set": "funds.banks:set_bank"},
    "changes": {
        "list": "funds.changes:list_changes",
        "approve": "funds.changes:approve_change",
        "reject": "funds.changes:reject_change",
    },
    "calendar": {"list": "funds.calendar:list_years", "import": "funds.calendar:import_notice"},
    "packs": {
        "list": "law.packs:list_packs",
        "show": "law.packs:show",
        "check": "law.packs:check",
        "diff": "law.packs:diff",
        "schema": "law.packs:schema",
    },
    "config": {"show": "machine.config:show_config"},
}
