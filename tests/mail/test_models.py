from customer_api.core.privacy import PERSONAL
from customer_api.mail.models import MailRow


def test_only_address_and_variables_are_personal():
    columns = MailRow.__table__.columns

    personal = {column.name for column in columns if column.info["privacy"] == PERSONAL}

    assert personal == {"recipient", "variables"}
