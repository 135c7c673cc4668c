# 报名 in Chromium, from 身份认证完成 on: saved as one types, in two windows and
# without network, all that is wrong at once, submitted, withdrawn; sessions that
# end while somebody is typing; and registration that does.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Civic::Browser;
use Civic::Exam;

my $web = Civic::Browser->new(sandbox => 1, people => 2, payment => 1,
    plugins => [ 'staff', 'exam', 'review' ], blobs => 'shared',
    web => { next => 'exam.html' });
my $nginx = $web->civic->nginx;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

my ($is, $said) = $nginx->civicctl('exam', 'load',
    Civic::Exam::write(Civic::Process::folder(), Civic::Exam::file()));
is($is, 0, 'the exam') or diag($said);

$nginx->civicctl('staff', 'add', '--name', 'ann', '--roles', 'reviewer',
    '--password-stdin', '--totp-secret', $secret, \"Upper-Floor-2026\n");

$web->run('application.js');
$web->run('typed.js', secret => $secret);

my $left = 45;
($is, $said) = $nginx->civicctl('exam', 'move', '2026-1',
    'registration.until', Civic::Exam::instant($left), '--reason', 'tested');
is($is, 0, 'registration ends soon') or diag($said);
$web->run('deadline.js', left => 1000 * $left);
finish();
