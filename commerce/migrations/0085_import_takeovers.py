from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('commerce', '0084_unit_prices_of_windows'),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='takeovers',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
