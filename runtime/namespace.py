"""What the namespace that holds the histories must have: search attributes, retention, and the id of its records.

A case without its story would stand still for ever: histories of other records are refused.
"""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig, UpdateNamespaceInfo
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from models.installation import Identity
from rulebook.errors import XuqiaoError

SEARCH_ATTRIBUTES = {
    "CaseNumber": "Keyword",
    "Fund": "Keyword",
    "Bank": "Keyword",
    "Stage": "Keyword",
    "TaskDue": "Datetime",
}
"""What cases are found by in Temporal's own pages. No personal data: these are stored in plain text."""
INSTALLATION = "xuqiao-installation"
"""Under this name the namespace holds the id of its records."""
_TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def ensure_search_attributes(client: Client) -> None:
    """Make the attributes that the namespace lacks, on whatever server it stands; harmless when repeated.

    Raises:
        XuqiaoError: ``setup.search_attribute_type``, when one exists with another type.
        RPCError: the server does not let this client do it (Temporal Cloud: make them in its console).
    """
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {}
    for name, kind in SEARCH_ATTRIBUTES.items():
        found = listed.custom_attributes.get(name)
        if found is None:
            missing[name] = _TYPES[kind]
        elif found != _TYPES[kind]:
            raise XuqiaoError("setup.search_attribute_type", name=name, kind=kind)
    if missing:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:  # another starter was faster
                raise


async def ensure_retention(client: Client, at_least: timedelta) -> timedelta:
    """Keep closed cases in the server for no less than this; gives what holds now, as the server says."""
    held = await _retention(client)
    if held >= at_least:
        return held
    lifetime = Duration()
    lifetime.FromTimedelta(at_least)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=lifetime)
        )
    )
    return await _retention(client)


async def _retention(client: Client) -> timedelta:
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def ensure_one_piece(client: Client, records: Identity) -> None:
    """Refuse histories that are of other records; histories without an id are claimed if they know an open case.

    Args:
        client: of the namespace that holds the histories.
        records: which installation the database is of.
    Raises:
        XuqiaoError: ``setup.other_installation``, ``setup.histories_gone``.
    """
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    described = await client.workflow_service.describe_namespace(asked)
    held = described.namespace_info.data.get(INSTALLATION)
    if held == records.id:
        return
    where = {"namespace": client.namespace, "records": records.id}
    if held:
        raise XuqiaoError("setup.other_installation", histories=held, **where)
    if records.open_story and not await _knows(client, records.open_story):
        raise XuqiaoError("setup.histories_gone", story=records.open_story, **where)
    claim = UpdateNamespaceInfo(data={INSTALLATION: records.id})
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=client.namespace, update_info=claim)
    )


async def _knows(client: Client, story: str) -> bool:
    try:
        await client.get_workflow_handle(story).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
