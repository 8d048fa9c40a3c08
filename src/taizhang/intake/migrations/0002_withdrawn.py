from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="upload",
            name="state",
            field=models.CharField(
                choices=[
                    ("uploaded", "正在读取"),
                    ("columns", "待对列"),
                    ("checking", "正在检查"),
                    ("checked", "待提交"),
                    ("submitted", "已提交"),
                    ("withdrawn", "已撤回"),
                    ("refused", "没有读成"),
                    ("discarded", "已作废"),
                ],
                default="uploaded",
                max_length=12,
            ),
        ),
    ]
